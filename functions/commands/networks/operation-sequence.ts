/** The sequence of the operation that a batch records. */
export const operationSequence = '(SELECT sequence FROM operations WHERE id = :operation)';
