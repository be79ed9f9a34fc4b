// What a member is offered on a plan: the table of `shared/src/access.rs`. The server refuses all the same.

const LEVELS = ['read', 'propose', 'draft']

/** `{write, annotate, speak}` for a role and the access of its party. */
export function rights(role, access) {
  const level = LEVELS.indexOf(access)
  const speaks = role === 'head' || role === 'delegate'
  const chair = role === 'chair'
  return {
    write: chair || (speaks && level === 2),
    annotate: chair || ((speaks || role === 'adviser') && level >= 1),
    speak: chair || (speaks && level >= 1)
  }
}
