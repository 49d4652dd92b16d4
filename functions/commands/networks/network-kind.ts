import { cenSubject, cinSubject, poolSubject } from '../../../schema/resources/network/rollback.ts';

/** CENs, CINs or pools, where statements and commands treat them alike. */
export interface NetworkKind {
  readonly word: 'CEN' | 'CIN' | 'pool';
  readonly table: 'cens' | 'cins' | 'cpools';
  /** The alias of its rows in statements. */
  readonly row: 'n' | 'i' | 'k';
  /** The subject of a row, over its alias. */
  readonly subject: string;
  /** The member of a request that is its name. */
  readonly id: 'cenID' | 'cinID' | 'cpoolID';
}

export const cenKind: NetworkKind = { word: 'CEN', table: 'cens', row: 'n', subject: cenSubject, id: 'cenID' };

export const cinKind: NetworkKind = { word: 'CIN', table: 'cins', row: 'i', subject: cinSubject, id: 'cinID' };

export const poolKind: NetworkKind = { word: 'pool', table: 'cpools', row: 'k', subject: poolSubject, id: 'cpoolID' };
