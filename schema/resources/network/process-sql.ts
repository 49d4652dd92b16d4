import { NETNS_IMAGE } from './process.ts';

/* Processes in the spec of a container, in SQL. */

/** A spec with another process, given as JSON; NULL, or JSON's null: without one. */
export function withProcess(spec: string, process: string): string {
  return `CASE WHEN nullif(${process}, 'null') IS NULL THEN json_remove(${spec}, '$.process')
    ELSE json_set(${spec}, '$.process', json(${process})) END`;
}

/**
 * The process of a container of a pool of this type, as JSON or NULL, over the process that it has: as
 * `pooledProcess`, but for the numbers, which the executor puts in.
 */
export function pooledProcessSql(before: string, type: string): string {
  return `CASE WHEN ${type} = '${NETNS_IMAGE}' THEN NULL
    WHEN ${before} ->> '$.image' IS ${type} THEN ${before}
    ELSE json_object('image', ${type}, 'restart', 'always', 'wanted', coalesce(${before} ->> '$.wanted', 'running'),
      'made', 0, 'changed', 0, 'asked', 0) END`;
}

/** The state of a container whose process was seen so, given as JSON. */
export function stateOfProcess(seen: string): string {
  return `CASE WHEN ${seen} ->> '$.running' THEN 'running' ELSE 'exited' END`;
}

/** Whether a look at a process, given as JSON, was before another one: runs end, and follow one another. */
export function isOlder(seen: string, other: string): string {
  const isEarlierRun = `${member(seen, 'number')} = ${member(other, 'number')}
    AND ${member(seen, 'started')} < ${member(other, 'started')}`;
  return `(${isEarlierRun} OR ${hasEndedSince(seen, other)})`;
}

/** Whether the same run had ended at another look. The clock may have been set back since the run before. */
export function hasEndedSince(seen: string, other: string): string {
  const isSame = ['number', 'started'].map((name) => `${member(seen, name)} = ${member(other, name)}`).join(' AND ');
  return `(${isSame} AND ${member(seen, 'running')} AND NOT ${member(other, 'running')})`;
}

function member(look: string, name: string): string {
  return `(${look}) ->> '$.${name}'`;
}

/** The type of the event of a process that was seen, given as JSON. */
export function processEvent(seen: string): string {
  return `CASE WHEN ${seen} ->> '$.running' THEN 'process.running' ELSE 'process.exited' END`;
}
