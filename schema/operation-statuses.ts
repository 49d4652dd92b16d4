/**
 * The values of `operations.status`. Separate from the tables, so that validators of requests and answers do not load
 * drizzle.
 */
export const operationStatuses = ['pending', 'running', 'succeeded', 'failed', 'cancelled'] as const;
