/** A condition on an argument, as both formats write it. */
export interface SeccompArgument {
  readonly index: number;
  readonly value: number;
  readonly valueTwo?: number;
  readonly op: string;
}

interface Filter {
  readonly caps?: readonly string[];
  readonly arches?: readonly string[];
}

/** The format of `/usr/share/containers/seccomp.json` of golang-github-containers-common. */
export interface SeccompSource {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly archMap: readonly { readonly architecture: string; readonly subArchitectures: readonly string[] }[];
  readonly syscalls: readonly {
    readonly names: readonly string[];
    readonly action: string;
    readonly args?: readonly SeccompArgument[] | null;
    readonly errnoRet?: number;
    readonly includes?: Filter;
    readonly excludes?: Filter;
  }[];
}

/** `linux.seccomp` of the OCI runtime specification. */
export interface SeccompProfile {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly architectures: readonly string[];
  readonly syscalls: readonly {
    readonly names: readonly string[];
    readonly action: string;
    readonly errnoRet?: number;
    readonly args?: readonly SeccompArgument[];
  }[];
}

const ARCHITECTURES: Readonly<Record<string, string>> = { amd64: 'SCMP_ARCH_X86_64', arm64: 'SCMP_ARCH_AARCH64' };

/** Keeps the rules that apply to these capabilities (`CAP_CHOWN`) and this architecture (`amd64`). */
export function seccompProfile(
  source: SeccompSource,
  capabilities: readonly string[],
  architecture: string,
): SeccompProfile {
  const native = ARCHITECTURES[architecture];
  const family = source.archMap.find((entry) => entry.architecture === native);
  return {
    defaultAction: source.defaultAction,
    ...(source.defaultErrnoRet === undefined ? {} : { defaultErrnoRet: source.defaultErrnoRet }),
    architectures: family === undefined ? [] : [family.architecture, ...family.subArchitectures],
    syscalls: source.syscalls
      .filter(({ includes, excludes }) => {
        return included(includes, capabilities, architecture) && !excluded(excludes, capabilities, architecture);
      })
      .map(({ names, action, errnoRet, args }) => ({
        names,
        action,
        ...(errnoRet === undefined ? {} : { errnoRet }),
        ...(args && args.length > 0 ? { args } : {}),
      })),
  };
}

/** All named capabilities, and one of the named architectures. */
function included(filter: Filter | undefined, capabilities: readonly string[], architecture: string): boolean {
  const { caps = [], arches = [] } = filter ?? {};
  return caps.every((name) => capabilities.includes(name)) && (arches.length === 0 || arches.includes(architecture));
}

function excluded(filter: Filter | undefined, capabilities: readonly string[], architecture: string): boolean {
  const { caps = [], arches = [] } = filter ?? {};
  return caps.some((name) => capabilities.includes(name)) || arches.includes(architecture);
}
