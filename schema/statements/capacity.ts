/*
 * What a hypervisor has left, as SQL over a row of hypervisors with the alias `h`. Its total less what a client
 * withheld and what was promised is there for others; CPU may be promised several times over.
 */

/** In MB, kept from guests for the host itself. */
const memoryReserve = "coalesce(CAST(h.config ->> '$.memory_reserve' AS INTEGER), 0)";

/** How often a core may be promised. */
const cpuOvercommit = "coalesce(CAST(h.config ->> '$.cpu_overcommit' AS REAL), 4)";

const unwithheldCpu = '(h.total_cpu - h.withheld_cpu)';

/** What may still be promised: less than zero where more was promised than there is by now. */
export const roomMemory = `(h.total_memory - h.withheld_memory - ${memoryReserve} - h.reserved_memory)`;
export const roomDisk = `(h.total_disk - h.withheld_disk - h.reserved_disk)`;
/** Rounded before it is cut: 100 cores 1.15 times over are 115, and 114.99999999999999 in binary. */
export const roomCpu = `(CAST(round(${unwithheldCpu} * ${cpuOvercommit}, 6) AS INTEGER) - h.reserved_cpu)`;

/** What is shown as available: never negative, and never more cores than there are. */
export const availableMemory = `max(0, ${roomMemory})`;
export const availableDisk = `max(0, ${roomDisk})`;
export const availableCpu = `max(0, min(${unwithheldCpu}, ${roomCpu}))`;
