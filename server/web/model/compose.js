// From words that somebody edited to the proposal that says just that.
import { brackets } from './bracket.js'

const WORD = /\s+|[\p{L}\p{N}\p{M}]+|./gsu

/** How much of both is the same from the front, counted in `a`'s list. */
function sameAhead(a, b) {
  let n = 0
  while (n < a.length && n < b.length && a[n] === b[n]) n++
  return n
}

/** Whether `part` stands in `whole` exactly once: only then it can be quoted. */
export function once(whole, part) {
  const at = whole.indexOf(part)
  return part !== '' && at >= 0 && whole.indexOf(part, at + 1) < 0
}

/** Whether every bracket that begins in `part` ends in it. */
const whole = part => brackets(part).loose.length === 0

/**
 * The smallest proposal that makes `edited` of `words`: `{quote, replacement}` for a stretch that stands in the words exactly once, or
 * `{replacement}` for all of them. `null` where nothing was changed.
 */
export function proposal(words, edited) {
  if (words === edited) return null
  const [before, after] = [words.match(WORD) ?? [], edited.match(WORD) ?? []]
  let from = sameAhead(before, after)
  let back = sameAhead(before.slice(from).reverse(), after.slice(from).reverse())
  const quote = () => before.slice(from, before.length - back).join('')
  // A stretch that is empty, stands elsewhere too or cuts through a bracket takes in a word more on either side.
  const fits = () => once(words, quote()) && whole(quote())
  while (!fits() && (from > 0 || back > 0)) {
    if (back > 0) back--
    if (!fits() && from > 0) from--
  }
  if (from === 0 && back === 0) return { replacement: edited }
  return { quote: quote(), replacement: after.slice(from, after.length - back).join('') }
}

/** Comparisons that a redline may take: about a millisecond's. What differs more is shown as replaced whole. */
const STEPS_MAX = 250_000

/** The difference of two texts, word by word: `{same}`, `{removed}` and `{inserted}` in order, as the server's redlines. */
export function redline(old, now) {
  const [a, b] = [old.match(WORD) ?? [], now.match(WORD) ?? []]
  const front = sameAhead(a, b)
  const back = sameAhead(a.slice(front).reverse(), b.slice(front).reverse())
  const [left, right] = [a.slice(front, a.length - back), b.slice(front, b.length - back)]
  const out = []
  const put = (kind, text) => {
    if (!text) return
    if (out.at(-1)?.[kind] !== undefined) out.at(-1)[kind] += text
    else out.push({ [kind]: text })
  }
  put('same', a.slice(0, front).join(''))
  if (left.length * right.length > STEPS_MAX) {
    put('removed', left.join(''))
    put('inserted', right.join(''))
  } else {
    for (const [kind, text] of woven(left, right)) put(kind, text)
  }
  put('same', back ? a.slice(-back).join('') : '')
  return out
}

/** The longest common subsequence of two short lists, told in order. */
function woven(a, b) {
  const width = b.length + 1
  const best = new Uint32Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const at = i * width + j
      best[at] = a[i] === b[j] ? best[at + width + 1] + 1 : Math.max(best[at + width], best[at + 1])
    }
  }
  const out = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) out.push(['same', a[i++], j++])
    else if (i < a.length && (j === b.length || best[(i + 1) * width + j] >= best[i * width + j + 1]))
      out.push(['removed', a[i++]])
    else out.push(['inserted', b[j++]])
  }
  return out
}
