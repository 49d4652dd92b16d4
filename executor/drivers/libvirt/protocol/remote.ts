/* Written by generate.ts from remote_protocol.x of libvirt: not to be edited. */

import {
  array,
  double,
  fixedArray,
  hyper,
  int,
  nothing,
  optional,
  string,
  struct,
  union,
  unsignedHyper,
  unsignedInt,
  type ValueOf,
} from '../xdr/types.ts';
import { procedure, remoteEvent } from './procedure.ts';
import { uuid } from './uuid.ts';

export const REMOTE_PROGRAM = 0x20008086;
export const REMOTE_VERSION = 1;

const nonnullString = string(4194304);
const nonnullDomain = struct({ name: nonnullString, uuid, id: int });
export type NonnullDomain = ValueOf<typeof nonnullDomain>;
const typedParamValue = union({
  1: int,
  2: unsignedInt,
  3: hyper,
  4: unsignedHyper,
  5: double,
  6: int,
  7: nonnullString,
});
export type TypedParamValue = ValueOf<typeof typedParamValue>;
const typedParam = struct({ field: nonnullString, value: typedParamValue });
export type TypedParam = ValueOf<typeof typedParam>;
const domainStatsRecord = struct({ dom: nonnullDomain, params: array(typedParam, 262144) });
export type DomainStatsRecord = ValueOf<typeof domainStatsRecord>;
const nonnullNetwork = struct({ name: nonnullString, uuid });
export type NonnullNetwork = ValueOf<typeof nonnullNetwork>;
const nonnullStoragePool = struct({ name: nonnullString, uuid });
export type NonnullStoragePool = ValueOf<typeof nonnullStoragePool>;
const nonnullStorageVol = struct({ pool: nonnullString, name: nonnullString, key: nonnullString });
export type NonnullStorageVol = ValueOf<typeof nonnullStorageVol>;
const domainEventLifecycleMsg = struct({ dom: nonnullDomain, event: int, detail: int });
export type DomainEventLifecycleMsg = ValueOf<typeof domainEventLifecycleMsg>;
const domainEventRebootMsg = struct({ dom: nonnullDomain });
export type DomainEventRebootMsg = ValueOf<typeof domainEventRebootMsg>;
const domainEventIoErrorReasonMsg = struct({
  dom: nonnullDomain,
  srcPath: nonnullString,
  devAlias: nonnullString,
  action: int,
  reason: nonnullString,
});
export type DomainEventIoErrorReasonMsg = ValueOf<typeof domainEventIoErrorReasonMsg>;

export const procedures = {
  authList: procedure('authList', 66, { arguments: nothing, result: struct({ types: array(int, 20) }) }),
  connectSupportsFeature: procedure('connectSupportsFeature', 60, {
    arguments: struct({ feature: int }),
    result: struct({ supported: int }),
  }),
  connectOpen: procedure('connectOpen', 1, {
    arguments: struct({ name: optional(nonnullString), flags: unsignedInt }),
    result: nothing,
  }),
  connectClose: procedure('connectClose', 2, { arguments: nothing, result: nothing }),
  connectGetVersion: procedure('connectGetVersion', 4, {
    arguments: nothing,
    result: struct({ hvVer: unsignedHyper }),
  }),
  connectGetLibVersion: procedure('connectGetLibVersion', 157, {
    arguments: nothing,
    result: struct({ libVer: unsignedHyper }),
  }),
  connectGetCapabilities: procedure('connectGetCapabilities', 7, {
    arguments: nothing,
    result: struct({ capabilities: nonnullString }),
  }),
  connectGetDomainCapabilities: procedure('connectGetDomainCapabilities', 342, {
    arguments: struct({
      emulatorbin: optional(nonnullString),
      arch: optional(nonnullString),
      machine: optional(nonnullString),
      virttype: optional(nonnullString),
      flags: unsignedInt,
    }),
    result: struct({ capabilities: nonnullString }),
  }),
  nodeGetInfo: procedure('nodeGetInfo', 6, {
    arguments: nothing,
    result: struct({
      model: fixedArray(int, 32),
      memory: unsignedHyper,
      cpus: int,
      mhz: int,
      nodes: int,
      sockets: int,
      cores: int,
      threads: int,
    }),
  }),
  nodeGetFreeMemory: procedure('nodeGetFreeMemory', 102, {
    arguments: nothing,
    result: struct({ freeMem: unsignedHyper }),
  }),
  connectListAllDomains: procedure('connectListAllDomains', 273, {
    arguments: struct({ needResults: int, flags: unsignedInt }),
    result: struct({ domains: array(nonnullDomain, 16384), ret: unsignedInt }),
  }),
  connectGetAllDomainStats: procedure('connectGetAllDomainStats', 344, {
    arguments: struct({ doms: array(nonnullDomain, 16384), stats: unsignedInt, flags: unsignedInt }),
    result: struct({ retStats: array(domainStatsRecord, 16384) }),
  }),
  domainLookupByUuid: procedure('domainLookupByUuid', 24, {
    arguments: struct({ uuid }),
    result: struct({ dom: nonnullDomain }),
  }),
  domainGetState: procedure('domainGetState', 212, {
    arguments: struct({ dom: nonnullDomain, flags: unsignedInt }),
    result: struct({ state: int, reason: int }),
  }),
  domainGetXmlDesc: procedure('domainGetXmlDesc', 14, {
    arguments: struct({ dom: nonnullDomain, flags: unsignedInt }),
    result: struct({ xml: nonnullString }),
  }),
  domainGetMetadata: procedure('domainGetMetadata', 265, {
    arguments: struct({ dom: nonnullDomain, type: int, uri: optional(nonnullString), flags: unsignedInt }),
    result: struct({ metadata: nonnullString }),
  }),
  domainGetAutostart: procedure('domainGetAutostart', 15, {
    arguments: struct({ dom: nonnullDomain }),
    result: struct({ autostart: int }),
  }),
  domainIsPersistent: procedure('domainIsPersistent', 151, {
    arguments: struct({ dom: nonnullDomain }),
    result: struct({ persistent: int }),
  }),
  domainHasManagedSaveImage: procedure('domainHasManagedSaveImage', 183, {
    arguments: struct({ dom: nonnullDomain, flags: unsignedInt }),
    result: struct({ result: int }),
  }),
  domainDefineXmlFlags: procedure('domainDefineXmlFlags', 350, {
    arguments: struct({ xml: nonnullString, flags: unsignedInt }),
    result: struct({ dom: nonnullDomain }),
  }),
  domainUndefineFlags: procedure('domainUndefineFlags', 231, {
    arguments: struct({ dom: nonnullDomain, flags: unsignedInt }),
    result: nothing,
  }),
  domainCreateWithFlags: procedure('domainCreateWithFlags', 196, {
    arguments: struct({ dom: nonnullDomain, flags: unsignedInt }),
    result: struct({ dom: nonnullDomain }),
  }),
  domainShutdownFlags: procedure('domainShutdownFlags', 258, {
    arguments: struct({ dom: nonnullDomain, flags: unsignedInt }),
    result: nothing,
  }),
  domainReboot: procedure('domainReboot', 27, {
    arguments: struct({ dom: nonnullDomain, flags: unsignedInt }),
    result: nothing,
  }),
  domainReset: procedure('domainReset', 245, {
    arguments: struct({ dom: nonnullDomain, flags: unsignedInt }),
    result: nothing,
  }),
  domainSuspend: procedure('domainSuspend', 34, { arguments: struct({ dom: nonnullDomain }), result: nothing }),
  domainResume: procedure('domainResume', 28, { arguments: struct({ dom: nonnullDomain }), result: nothing }),
  domainDestroyFlags: procedure('domainDestroyFlags', 234, {
    arguments: struct({ dom: nonnullDomain, flags: unsignedInt }),
    result: nothing,
  }),
  domainSetAutostart: procedure('domainSetAutostart', 29, {
    arguments: struct({ dom: nonnullDomain, autostart: int }),
    result: nothing,
  }),
  domainSetMemoryFlags: procedure('domainSetMemoryFlags', 204, {
    arguments: struct({ dom: nonnullDomain, memory: unsignedHyper, flags: unsignedInt }),
    result: nothing,
  }),
  domainSetVcpusFlags: procedure('domainSetVcpusFlags', 199, {
    arguments: struct({ dom: nonnullDomain, nvcpus: unsignedInt, flags: unsignedInt }),
    result: nothing,
  }),
  domainSetMetadata: procedure('domainSetMetadata', 264, {
    arguments: struct({
      dom: nonnullDomain,
      type: int,
      metadata: optional(nonnullString),
      key: optional(nonnullString),
      uri: optional(nonnullString),
      flags: unsignedInt,
    }),
    result: nothing,
  }),
  connectListAllNetworks: procedure('connectListAllNetworks', 283, {
    arguments: struct({ needResults: int, flags: unsignedInt }),
    result: struct({ nets: array(nonnullNetwork, 16384), ret: unsignedInt }),
  }),
  networkLookupByUuid: procedure('networkLookupByUuid', 47, {
    arguments: struct({ uuid }),
    result: struct({ net: nonnullNetwork }),
  }),
  networkGetXmlDesc: procedure('networkGetXmlDesc', 43, {
    arguments: struct({ net: nonnullNetwork, flags: unsignedInt }),
    result: struct({ xml: nonnullString }),
  }),
  networkGetBridgeName: procedure('networkGetBridgeName', 45, {
    arguments: struct({ net: nonnullNetwork }),
    result: struct({ name: nonnullString }),
  }),
  networkGetAutostart: procedure('networkGetAutostart', 44, {
    arguments: struct({ net: nonnullNetwork }),
    result: struct({ autostart: int }),
  }),
  networkIsActive: procedure('networkIsActive', 152, {
    arguments: struct({ net: nonnullNetwork }),
    result: struct({ active: int }),
  }),
  networkIsPersistent: procedure('networkIsPersistent', 153, {
    arguments: struct({ net: nonnullNetwork }),
    result: struct({ persistent: int }),
  }),
  networkDefineXml: procedure('networkDefineXml', 41, {
    arguments: struct({ xml: nonnullString }),
    result: struct({ net: nonnullNetwork }),
  }),
  networkUndefine: procedure('networkUndefine', 49, { arguments: struct({ net: nonnullNetwork }), result: nothing }),
  networkCreate: procedure('networkCreate', 39, { arguments: struct({ net: nonnullNetwork }), result: nothing }),
  networkDestroy: procedure('networkDestroy', 42, { arguments: struct({ net: nonnullNetwork }), result: nothing }),
  networkSetAutostart: procedure('networkSetAutostart', 48, {
    arguments: struct({ net: nonnullNetwork, autostart: int }),
    result: nothing,
  }),
  connectListAllStoragePools: procedure('connectListAllStoragePools', 281, {
    arguments: struct({ needResults: int, flags: unsignedInt }),
    result: struct({ pools: array(nonnullStoragePool, 16384), ret: unsignedInt }),
  }),
  storagePoolLookupByUuid: procedure('storagePoolLookupByUuid', 85, {
    arguments: struct({ uuid }),
    result: struct({ pool: nonnullStoragePool }),
  }),
  storagePoolGetXmlDesc: procedure('storagePoolGetXmlDesc', 88, {
    arguments: struct({ pool: nonnullStoragePool, flags: unsignedInt }),
    result: struct({ xml: nonnullString }),
  }),
  storagePoolGetInfo: procedure('storagePoolGetInfo', 87, {
    arguments: struct({ pool: nonnullStoragePool }),
    result: struct({
      state: unsignedInt,
      capacity: unsignedHyper,
      allocation: unsignedHyper,
      available: unsignedHyper,
    }),
  }),
  storagePoolIsActive: procedure('storagePoolIsActive', 154, {
    arguments: struct({ pool: nonnullStoragePool }),
    result: struct({ active: int }),
  }),
  storagePoolGetAutostart: procedure('storagePoolGetAutostart', 89, {
    arguments: struct({ pool: nonnullStoragePool }),
    result: struct({ autostart: int }),
  }),
  storagePoolSetAutostart: procedure('storagePoolSetAutostart', 90, {
    arguments: struct({ pool: nonnullStoragePool, autostart: int }),
    result: nothing,
  }),
  storagePoolDefineXml: procedure('storagePoolDefineXml', 77, {
    arguments: struct({ xml: nonnullString, flags: unsignedInt }),
    result: struct({ pool: nonnullStoragePool }),
  }),
  storagePoolBuild: procedure('storagePoolBuild', 79, {
    arguments: struct({ pool: nonnullStoragePool, flags: unsignedInt }),
    result: nothing,
  }),
  storagePoolCreate: procedure('storagePoolCreate', 78, {
    arguments: struct({ pool: nonnullStoragePool, flags: unsignedInt }),
    result: nothing,
  }),
  storagePoolRefresh: procedure('storagePoolRefresh', 83, {
    arguments: struct({ pool: nonnullStoragePool, flags: unsignedInt }),
    result: nothing,
  }),
  storagePoolDestroy: procedure('storagePoolDestroy', 80, {
    arguments: struct({ pool: nonnullStoragePool }),
    result: nothing,
  }),
  storagePoolUndefine: procedure('storagePoolUndefine', 82, {
    arguments: struct({ pool: nonnullStoragePool }),
    result: nothing,
  }),
  storagePoolListAllVolumes: procedure('storagePoolListAllVolumes', 282, {
    arguments: struct({ pool: nonnullStoragePool, needResults: int, flags: unsignedInt }),
    result: struct({ vols: array(nonnullStorageVol, 16384), ret: unsignedInt }),
  }),
  storageVolLookupByName: procedure('storageVolLookupByName', 95, {
    arguments: struct({ pool: nonnullStoragePool, name: nonnullString }),
    result: struct({ vol: nonnullStorageVol }),
  }),
  storageVolGetXmlDesc: procedure('storageVolGetXmlDesc', 99, {
    arguments: struct({ vol: nonnullStorageVol, flags: unsignedInt }),
    result: struct({ xml: nonnullString }),
  }),
  storageVolCreateXml: procedure('storageVolCreateXml', 93, {
    arguments: struct({ pool: nonnullStoragePool, xml: nonnullString, flags: unsignedInt }),
    result: struct({ vol: nonnullStorageVol }),
  }),
  storageVolCreateXmlFrom: procedure('storageVolCreateXmlFrom', 125, {
    arguments: struct({
      pool: nonnullStoragePool,
      xml: nonnullString,
      clonevol: nonnullStorageVol,
      flags: unsignedInt,
    }),
    result: struct({ vol: nonnullStorageVol }),
  }),
  storageVolResize: procedure('storageVolResize', 260, {
    arguments: struct({ vol: nonnullStorageVol, capacity: unsignedHyper, flags: unsignedInt }),
    result: nothing,
  }),
  storageVolDelete: procedure('storageVolDelete', 94, {
    arguments: struct({ vol: nonnullStorageVol, flags: unsignedInt }),
    result: nothing,
  }),
  connectDomainEventCallbackRegisterAny: procedure('connectDomainEventCallbackRegisterAny', 316, {
    arguments: struct({ eventID: int, dom: optional(nonnullDomain) }),
    result: struct({ callbackID: int }),
  }),
  connectNetworkEventRegisterAny: procedure('connectNetworkEventRegisterAny', 313, {
    arguments: struct({ eventID: int, net: optional(nonnullNetwork) }),
    result: struct({ callbackID: int }),
  }),
};

export const events = {
  domainEventCallbackLifecycle: remoteEvent(
    'domainEventCallbackLifecycle',
    318,
    struct({ callbackID: int, msg: domainEventLifecycleMsg }),
  ),
  domainEventCallbackReboot: remoteEvent(
    'domainEventCallbackReboot',
    319,
    struct({ callbackID: int, msg: domainEventRebootMsg }),
  ),
  domainEventCallbackIoErrorReason: remoteEvent(
    'domainEventCallbackIoErrorReason',
    324,
    struct({ callbackID: int, msg: domainEventIoErrorReasonMsg }),
  ),
  networkEventLifecycle: remoteEvent(
    'networkEventLifecycle',
    315,
    struct({ callbackID: int, net: nonnullNetwork, event: int, detail: int }),
  ),
};
