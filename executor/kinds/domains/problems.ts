import { Problem } from '../../../schema/problem.ts';

/* Why a domain cannot be as it is wanted. */

export function foreignName(name: string, uuid: string): Problem {
  return new Problem('conflict', `Domain ${name} of libvirt already exists and was not made by weft: ${uuid}`, {
    step: 'domain.define',
    hint: `virsh dumpxml ${uuid} shows it; undefine it, or choose another name`,
  });
}

export function renamed(name: string, found: string): Problem {
  return new Problem('conflict', `Domain ${name} is called ${found} on its host`, {
    step: 'domain.define',
    hint: `virsh domrename ${found} ${name} gives it back its name`,
  });
}

export function missing(name: string): Problem {
  return new Problem('conflict', `Domain ${name} is not on the host any more`);
}

export function neverMade(name: string): Problem {
  return new Problem('conflict', `Host ${name} was never made, or is gone`, {
    hint: 'POST /hosts/{hostname} makes it',
  });
}

/** An empty disk in its place would hide that its contents are lost. */
export function diskMissing(name: string, volume: string): Problem {
  return new Problem('conflict', `Domain ${name} has lost its disk: there is no volume ${volume}`, {
    step: 'domain.define',
    hint: 'Put the volume back from a backup, or DELETE the host',
  });
}

export function noNetwork(name: string, isThere: boolean): Problem {
  return new Problem('impossible', `Network ${name} of libvirt ${isThere ? 'is not active' : 'does not exist'}`, {
    step: 'domain.start',
    hint: isThere ? `virsh net-start ${name} starts it` : 'GET /networks lists those that there are',
  });
}
