/** Reads the log of a container. */
export const READ_LOG = 'container.log';

/**
 * Whether an operation is in the log of events. One that only carries a question is not, and is deleted with its answer: else
 * reading would write, and a follower of a log would fill the feed with itself.
 */
export const isLogged = `kind <> '${READ_LOG}'`;
