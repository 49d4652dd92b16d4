/*
 * The available resources of a hypervisor, as SQL over a row of hypervisors with the alias `h`: the total minus the
 * amounts that a client withholds and that are reserved; CPU may be reserved several times over.
 */

/** In MB, reserved for the host itself. */
const memoryReserve = "coalesce(CAST(h.config ->> '$.memory_reserve' AS INTEGER), 0)";

/** How often a core may be reserved. */
const cpuOvercommit = "coalesce(CAST(h.config ->> '$.cpu_overcommit' AS REAL), 4)";

const unwithheldCpu = '(h.total_cpu - h.withheld_cpu)';

/** The amount that may still be reserved: negative if more is reserved than there is now. */
export const roomMemory = `(h.total_memory - h.withheld_memory - ${memoryReserve} - h.reserved_memory)`;
export const roomDisk = `(h.total_disk - h.withheld_disk - h.reserved_disk)`;
/** Rounded before the cast: 100 cores 1.15 times over are 115, but 114.99999999999999 in binary. */
export const roomCpu = `(CAST(round(${unwithheldCpu} * ${cpuOvercommit}, 6) AS INTEGER) - h.reserved_cpu)`;

/** The available amounts for clients: never negative, and never more cores than there are. */
export const availableMemory = `max(0, ${roomMemory})`;
export const availableDisk = `max(0, ${roomDisk})`;
export const availableCpu = `max(0, min(${unwithheldCpu}, ${roomCpu}))`;
