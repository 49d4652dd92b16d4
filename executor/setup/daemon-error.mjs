/**
 * Why a daemon does not run. `message` is `action: detail`.
 *
 * `denied`: this process may not start it; `unsupported`: it cannot run here; `away`: it runs and does not answer, which
 * may change.
 */
export class DaemonError extends Error {
  /**
   * @param {'denied' | 'unsupported' | 'away'} code
   * @param {string} action
   * @param {string} detail
   */
  constructor(code, action, detail) {
    super(`${action}: ${detail}`);
    this.name = 'DaemonError';
    this.code = code;
    this.action = action;
    /** With the daemon's own words, if it wrote any. */
    this.detail = detail;
    this.transient = code === 'away';
  }
}
