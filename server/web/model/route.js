// Where one is: what follows `#` in the address, so that nothing of it reaches a server's log.

/** The ways to look at a plan, the text first. */
export const LOOKS = ['text', 'standing', 'schedule', 'history']

const ID = /^[A-Za-z0-9_-]{1,80}$/

/** Reads `#/conference/plan/look/point`; what makes no sense is the front page. */
export function read(hash) {
  const [conference, plan, look = 'text', point] = hash.replace(/^#\/?/, '').split('/').filter(Boolean)
  if (!ID.test(conference ?? '') || !ID.test(plan ?? '') || !LOOKS.includes(look)) return { look: 'front' }
  return { conference, plan, look, point: ID.test(point ?? '') ? point : null }
}

/** The same, written. */
export function write({ conference, plan, look = 'text', point = null }) {
  if (look === 'front') return '#/'
  return `#/${conference}/${plan}/${look}${point ? `/${point}` : ''}`
}
