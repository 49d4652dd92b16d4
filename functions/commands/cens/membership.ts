import { hypervisor } from '../../operations/targets/target.ts';
import { operationSequence } from '../networks/operation-sequence.ts';

export const insertSubjects = `
  INSERT INTO operation_subjects (subject, sequence)
  SELECT 'hypervisors/' || ${hypervisor} || '/cens/' || :cen, ${operationSequence}
  UNION ALL
  SELECT 'hypervisors/' || ${hypervisor} || '/containers/' || :container, ${operationSequence}`;
