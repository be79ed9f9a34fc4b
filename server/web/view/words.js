// A point's words, set as text: brackets and alternatives lit, stretches that somebody remarked on, others' carets.
import { pieces } from '../model/bracket.js'
import { words as shown } from '../model/clean.js'
import { html, look, say } from './kit.js'

/** Alternatives are told apart by as many looks; deeper ones go on from the first. */
const DEPTHS = 4

/** `marks` are `{from, to, kind}` of stretches, and `{from, to, caret}` of carets and selections. */
export function Words({ text, marks = [] }) {
  if (!text) return html`<p class="words empty">${say('words.none')}</p>`
  const all = pieces(text, marks)
  return html`<p class="words" dir="auto">${all.map(piece => html`<${Piece} key=${piece.at} piece=${piece} />`)}</p>`
}

function Piece({ piece }) {
  const { text, depth, place, mark, loose, marks } = piece
  const carets = marks.filter(one => one.caret && one.from === one.to)
  const classes = [
    depth && `bracket depth-${Math.min(depth, DEPTHS)}`,
    place !== null && `alternative-${place % 2}`,
    mark && 'mark',
    loose && 'loose',
    marks.some(one => one.kind) && 'remarked',
    ...marks.filter(one => one.caret && one.from < one.to).map(one => `selected ${look(one.caret.party)}`)
  ].filter(Boolean)
  const shownText = shown(text)
  return html`${carets.map(({ caret }) =>
    html`<span class=${`caret ${look(caret.party)}`} title=${caret.name} key=${caret.client}></span>`)}${
    classes.length
      ? html`<span class=${classes.join(' ')} title=${loose ? say('bracket.loose') : undefined}>${shownText}</span>`
      : shownText
  }`
}

const NOBODY = []

/** The marks of the others' carets in a point; always the same where there is none. */
export function carets(others, point) {
  const here = others.filter(other => other.point === point)
  if (!here.length) return NOBODY
  return here.flatMap(other => {
    const [from, to] = [other.anchor, other.head].sort((a, b) => a - b)
    const caret = { client: other.client, name: other.name, party: other.party }
    const at = { from: other.head, to: other.head, caret }
    return from === to ? [at] : [at, { from, to, caret }]
  })
}

/** A redline, as the server or the composer makes it. */
export const Redline = ({ of }) => html`<p class="words redline" dir="auto">
  ${of.map((piece, at) => {
    if (piece.removed !== undefined) return html`<del key=${at}>${shown(piece.removed)}</del>`
    if (piece.inserted !== undefined) return html`<ins key=${at}>${shown(piece.inserted)}</ins>`
    return shown(piece.same)
  })}
</p>`
