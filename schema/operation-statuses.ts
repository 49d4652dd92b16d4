/** Of `operations.status`. Beside the tables, so that who checks a request or an answer loads none of drizzle. */
export const operationStatuses = ['pending', 'running', 'succeeded', 'failed', 'cancelled'] as const;
