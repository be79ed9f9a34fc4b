// A point: its label, its words, what can be done with it, and the margin beside it.
import { useComputed, useMemo, useRef, useSignal } from '../vendor.js'
import { projector } from '../desk.js'
import { words as shown } from '../model/clean.js'
import { once } from '../model/compose.js'
import { utf16 } from '../model/place.js'
import { write } from '../model/route.js'
import { html, say } from './kit.js'
import { Margin, readable } from './margin.js'
import { Note, Proposal, Position } from './compose.js'
import { Brackets } from './brackets.js'
import { Draft } from './draft.js'
import { Merged } from './merged.js'
import { Editor } from './editor.js'
import { Words, carets } from './words.js'

/** What can be begun at a point, in the order in which it is offered: proposing first. */
const FORMS = { propose: Proposal, note: Note, accept: Position, reserve: Position, oppose: Position }

export function Point({ desk, point, here, go, may, pen }) {
  const form = useSignal(null)
  const quote = useSignal('')
  const body = useRef(null)
  const writes = pen.value === point.id
  const words = desk.words(point)
  const fact = useComputed(() => desk.fact(point.id)).value
  const all = useComputed(() => desk.entries(point.id)).value
  const entries = readable(all)
  const others = useComputed(() => carets(desk.others.value, point.id)).value
  const marks = useMemo(() => [...stretches(words, entries), ...others], [words, all, projector.value, others])
  const enter = () => here || go(desk.at(point.id), true)
  const begin = kind => {
    quote.value = selected(body.current, words)
    form.value = kind
  }
  const Form = FORMS[form.value]
  return html`<article
    id=${`point-${point.id}`}
    class=${`point level-${Math.min(point.depth, 5)} ${here ? 'here' : ''} ${point.struck ? 'struck' : ''} ${writes ? 'writing' : ''}`}
    aria-current=${here ? 'true' : undefined}
  >
    <a class="label" href=${write(desk.at(point.id))} onClick=${event => (event.preventDefault(), enter())}
      aria-label=${say('point.open', { label: point.label || '—' })}>
      <bdi>${shown(point.label)}</bdi>
    </a>
    <div class="body" ref=${body} onClick=${enter}>
      ${desk.heading(point) && html`<h2 dir="auto">${shown(desk.heading(point))}</h2>`}
      ${
        writes
          ? html`<${Editor} desk=${desk} point=${point} done=${() => (pen.value = null)} />`
          : html`<${Words} text=${words} marks=${marks} />`
      }
      <${Truth} desk=${desk} id=${point.id} />
      ${here && fact.merged && html`<${Merged} desk=${desk} merged=${fact.point.merged} may=${may} />`}
      ${here && !form.value && !writes && html`<${Offers} may=${may} begin=${begin} struck=${point.struck}
        write=${() => (pen.value = point.id)} ready=${desk.text(point.id)} />`}
      ${here && !writes && html`<${Brackets} desk=${desk} point=${point} words=${words} may=${may} />`}
      ${here && may.write && !writes && !projector.value && html`<${Draft} desk=${desk} point=${point} words=${words} />`}
      ${Form && !projector.value && html`<${Form} key=${form.value} kind=${form.value} quote=${quote.value} desk=${desk} point=${point}
        words=${words} fact=${fact} done=${() => (form.value = null)} />`}
    </div>
    <${Margin} desk=${desk} point=${point} fact=${fact} entries=${entries} here=${here} may=${may} />
  </article>`
}

/** Where in the words the entries stand. */
const stretches = (words, entries) =>
  entries.filter(one => one.stretch.range).map(one => ({ ...utf16(words, one.stretch.range), kind: one.kind }))

/** Where what was typed here is. Of words that are safe nothing is said, but where one is at work. */
function Truth({ desk, id }) {
  const state = useComputed(() => desk.connection.waiting.has(id) && (desk.connection.synced ? 'typing' : 'unsent')).value
  if (!state) return null
  return html`<p class=${`truth ${state}`} role="status">${say(`truth.${state}`)}</p>`
}

/** What is selected stays so while a button is pressed. */
const keep = event => event.preventDefault()

/** The words that are selected in a point, if they stand in it once. */
function selected(body, words) {
  const selection = getSelection()
  const text = selection.toString().trim()
  return body.contains(selection.anchorNode) && once(words, text) ? text : ''
}

function Offers({ may, begin, struck, write: take, ready }) {
  if (projector.value) return null
  const offer = (kind, first = false) =>
    html`<button type="button" class=${first ? 'first' : ''} onMouseDown=${keep}
      onClick=${() => begin(kind)}>${say(`offer.${kind}`)}</button>`
  return html`<div class="offers">
    ${may.annotate && !struck && offer('propose', true)}
    ${may.annotate && offer('note')}
    ${may.speak && offer('accept')}
    ${may.speak && offer('reserve')}
    ${may.speak && offer('oppose')}
    ${may.write && !struck && ready && html`<button type="button" class="pen" onClick=${take}>${say('offer.write')}</button>`}
  </div>`
}
