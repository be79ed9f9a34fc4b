// Brackets in words, to light them up while somebody types. What is open, and how much of it, the server says; this is the same reading
// of marks (`shared/src/text/bracket.rs`): square and full-width ones, plain text behind a backslash, the nearest open one is closed.

const OPENING = '[［'
const CLOSING = ']］'

/** Whether nothing but spaces and at most one line break stands between two brackets, so that they are alternatives. */
const beside = between => /^[^\S\n]*\n?[^\S\n]*$/.test(between)

/**
 * The brackets of `words` in the order in which they open, `{from, to, depth, place, of}` with offsets in UTF-16, both marks included;
 * `of` alternatives stand side by side, of which this is the one at `place`, from 0. And where marks without a partner stand.
 */
export function brackets(words) {
  const open = []
  const list = []
  const loose = []
  let escaped = false
  for (let at = 0; at < words.length; at++) {
    const mark = words[at]
    if (mark === '\\') {
      escaped = !escaped
      continue
    }
    if (!escaped && OPENING.includes(mark)) open.push(at)
    if (!escaped && CLOSING.includes(mark)) {
      if (open.length) list.push({ from: open.pop(), to: at + 1, depth: 0, place: 0, of: 1 })
      else loose.push(at)
    }
    escaped = false
  }
  loose.push(...open)
  list.sort((a, b) => a.from - b.from)
  return { list: grouped(nested(list), words), loose: loose.sort((a, b) => a - b) }
}

function nested(list) {
  const around = []
  for (const bracket of list) {
    while (around.length && around.at(-1).to <= bracket.from) around.pop()
    bracket.depth = around.length
    around.push(bracket)
  }
  return list
}

function grouped(list, words) {
  const last = []
  for (const bracket of list) {
    last.length = bracket.depth + 1
    const group = last[bracket.depth]
    if (group && beside(words.slice(group.at(-1).to, bracket.from))) {
      bracket.place = group.length
      group.push(bracket)
      for (const one of group) one.of = group.length
    } else {
      last[bracket.depth] = [bracket]
    }
  }
  return list
}

/**
 * `words` cut wherever something begins or ends: brackets, and the `marks`, `{from, to, ...}`. Each piece has its text, the depth and the
 * alternative it stands in, whether it is a loose mark, and the marks that cover it; `at` is where it begins. Marks of no length stand
 * with the piece that begins there, the last piece being empty if need be.
 */
export function pieces(words, marks = []) {
  const { list, loose } = brackets(words)
  const partnerless = new Set(loose)
  const cuts = new Set([0, words.length])
  const within = at => Math.max(0, Math.min(words.length, at))
  for (const { from, to } of list) [from, from + 1, to - 1, to].forEach(at => cuts.add(at))
  for (const at of loose) cuts.add(at).add(at + 1)
  for (const { from, to } of marks) cuts.add(within(from)).add(within(to))
  const places = [...cuts].sort((a, b) => a - b)
  const around = []
  let next = 0
  return places.map((at, index) => {
    const end = places[index + 1] ?? at
    while (around.length && around.at(-1).to <= at) around.pop()
    while (next < list.length && list[next].from <= at) around.push(list[next++])
    const inner = around.at(-1)
    return {
      at,
      text: words.slice(at, end),
      depth: around.length,
      place: inner && inner.of > 1 ? inner.place : null,
      mark: Boolean(inner) && (at === inner.from || end === inner.to) && end - at === 1,
      loose: partnerless.has(at) && end === at + 1,
      marks: marks.filter(({ from, to }) => (from < to ? from < end && at < to && at < end : within(from) === at))
    }
  })
}
