/** What is wanted of a domain's power, in virsh's words. */
export const powers = ['running', 'shut off', 'paused'] as const;
export type Power = (typeof powers)[number];

export const powerActions = ['start', 'shutdown', 'reboot', 'reset', 'destroy', 'suspend', 'resume'] as const;
export type PowerAction = (typeof powerActions)[number];

export interface PowerRule {
  /** The power that is wanted after it; null: the same as before. */
  readonly power: Power | null;
  /** States, in virsh's words, that forbid it. In the state that it leads to, it succeeds and does nothing. */
  readonly forbiddenIn: readonly string[];
}

const off = ['shut off', 'crashed'] as const;

export const powerRules: Readonly<Record<PowerAction, PowerRule>> = {
  start: { power: 'running', forbiddenIn: ['paused', 'pmsuspended'] },
  shutdown: { power: 'shut off', forbiddenIn: ['paused', 'pmsuspended'] },
  reboot: { power: null, forbiddenIn: [...off, 'paused', 'pmsuspended'] },
  reset: { power: null, forbiddenIn: off },
  destroy: { power: 'shut off', forbiddenIn: [] },
  suspend: { power: 'paused', forbiddenIn: [...off, 'pmsuspended'] },
  resume: { power: 'running', forbiddenIn: [...off, 'pmsuspended'] },
};

/** The power that an action leads to, as SQL over the action; NULL: the same as before. */
export function powerAfterSql(action: string): string {
  const cases = powerActions.flatMap((each) => {
    const { power } = powerRules[each];
    return power === null ? [] : [`WHEN '${each}' THEN '${power}'`];
  });
  return `CASE ${action} ${cases.join(' ')} END`;
}
