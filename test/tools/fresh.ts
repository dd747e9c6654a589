/**
 * Names that nothing has had yet in this process: of topics, groups and folders on what several tests share. A test that fails once is tried again where
 * `CI` is set (suite.ts), and the second try must not find what the first has left.
 */
let given = 0;

export const fresh = (name: string) => `${name}-${++given}`;
