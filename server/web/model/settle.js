// The ways in which the brackets of some words can be settled with one edit.
import { brackets } from './bracket.js'

/** Places with brackets that are told of one point. */
const PLACES_MAX = 12

/**
 * The outermost brackets, alternatives together: `{range, words, endings}`, the range in Unicode code points, what stands there, and what
 * can stand there instead: one of the alternatives, or, of a bracket alone, what is in it or nothing.
 */
export function settlements(words) {
  const groups = []
  for (const one of brackets(words).list.filter(({ depth }) => depth === 0)) {
    if (one.place > 0) groups.at(-1).push(one)
    else groups.push([one])
  }
  return groups.slice(0, PLACES_MAX).map(group => {
    const [from, to] = [group[0].from, group.at(-1).to]
    const range = [count(words.slice(0, from)), count(words.slice(0, to))]
    const inner = group.map(one => words.slice(one.from + 1, one.to - 1))
    return { range, words: words.slice(from, to), endings: [...new Set(group.length > 1 ? inner : [...inner, ''])] }
  })
}

const count = text => [...text].length
