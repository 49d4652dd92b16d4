/** The example CEN file of leviathan_rest_lib's document. */
export const example = {
  cenList: [
    { cenID: 'cen1', containerIDs: ['c1', 'c2', 'c13', 'c14'] },
    { cenID: 'cen2', containerIDs: ['c4', 'c5', 'c6', 'c7'] },
    { cenID: 'cen3', containerIDs: ['c15', 'c16', 'c9', 'c10', 'c11'] },
    { cenID: 'cen4', containerIDs: ['c11', 'c12'] },
    { cenID: 'cen5', containerIDs: ['c2', 'c3'] },
  ],
};

export const exampleCens = example.cenList.map(({ cenID }) => cenID);
export const exampleContainers = [...new Set(example.cenList.flatMap(({ containerIDs }) => containerIDs))].sort();

export const waiting = { prefer: 'wait=20' };
