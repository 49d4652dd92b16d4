/** How the compute dialect answers: as the document says, or as the real client of the old agent expects. */
export const computeStatuses = ['document', 'agent'] as const;
export type ComputeStatus = (typeof computeStatuses)[number];
