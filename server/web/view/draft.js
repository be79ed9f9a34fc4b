// What who has the pen does with a point besides writing in its words: settling a bracket, its heading, its place, striking it. All of it
// stands in the text before all parties at once.
import { useSignal, useState } from '../vendor.js'
import { words as shown } from '../model/clean.js'
import { settlements } from '../model/settle.js'
import { Do, Trouble, html, say } from './kit.js'

export function Draft({ desk, point, words }) {
  const form = useSignal(null)
  const [error, fail] = useState(null)
  const act = (...edits) => {
    fail(null)
    return desk.edit(...edits).then(() => (form.value = null), fail)
  }
  const Form = { heading: Heading, add: Add, move: Move }[form.value]
  const open = kind => html`<button type="button" class="pen" onClick=${() => (form.value = kind)}>${say(`draft.${kind}`)}</button>`
  const other = point.struck ? 'restore' : 'strike'
  return html`<details class="draft">
    <summary>${say('draft')}</summary>
    ${!point.struck && html`<${Settle} point=${point} words=${words} act=${act} />`}
    <p class="offers">
      ${!point.struck && [open('heading'), open('add'), open('move')]}
      <${Do} kind="pen" act=${() => act({ [other]: { point: point.id } })}>${say(`draft.${other}`)}<//>
    </p>
    ${Form && html`<${Form} desk=${desk} point=${point} act=${act} done=${() => (form.value = null)} />`}
    ${error && html`<${Trouble} error=${error} />`}
  </details>`
}

/** A line for each place where brackets leave something to be chosen, and a button for each way to settle it. */
function Settle({ point, words, act }) {
  const places = settlements(words)
  if (!places.length) return null
  const settle = (place, ending) => act({ replace: { point: point.id, range: place.range, words: place.words, with: ending } })
  return html`<div class="settle"><p class="aside">${say('settle')}</p>
    <ul>${places.map(place => html`<li key=${place.range[0]}><span class="words" dir="auto">${shown(place.words)}</span>
      <span class="offers">${place.endings.map(ending => html`<${Do} key=${ending} kind="pen" act=${() => settle(place, ending)}>
        ${ending ? html`<bdi>${shown(ending)}</bdi>` : say('settle.out')}<//>`)}</span>
    </li>`)}</ul>
  </div>`
}

const Foot = ({ ready, act, done, label }) => html`<p class="offers">
  <${Do} kind="first" disabled=${!ready} act=${act}>${label}<//> <button type="button" onClick=${done}>${say('cancel')}</button>
</p>`

function Heading({ desk, point, act, done }) {
  const text = useSignal(desk.heading(point))
  return html`<div class="compose">
    <label>${say('draft.heading')} <input dir="auto" value=${text.value} onInput=${event => (text.value = event.target.value)} /></label>
    <${Foot} ready=${text.value !== desk.heading(point)} act=${() => act({ heading: { point: point.id, text: text.value } })} done=${done}
      label=${say('draft.do')} />
  </div>`
}

function Add({ point, act, done }) {
  const [heading, words] = [useSignal(''), useSignal('')]
  const add = () => act({ add: { after: point.id, heading: heading.value.trim(), words: words.value.trim() } })
  return html`<div class="compose">
    <label>${say('draft.its.heading')} <input dir="auto" value=${heading.value}
      onInput=${event => (heading.value = event.target.value)} /></label>
    <label>${say('draft.its.words')} <textarea dir="auto" rows="3" value=${words.value}
      onInput=${event => (words.value = event.target.value)} /></label>
    <${Foot} ready=${heading.value.trim() || words.value.trim()} act=${add} done=${done} label=${say('draft.do')} />
  </div>`
}

const called = point => shown(`${point.label} ${point.heading || point.words.slice(0, 40)}`)

/** Where a point goes is chosen from a list, which the keyboard reaches as well as any pointer. Its number stays. */
function Move({ desk, point, act, done }) {
  const target = useSignal('')
  const others = desk.views.outline.value.points.filter(one => one.id !== point.id)
  const move = () => act({ move: { point: point.id, ...(target.value === 'top' ? { top: true } : { after: target.value }) } })
  return html`<div class="compose">
    <label>${say('draft.after')}
      <select value=${target.value} onChange=${event => (target.value = event.target.value)}>
        <option value="">—</option>
        <option value="top">${say('draft.top')}</option>
        ${others.map(one => html`<option key=${one.id} value=${one.id}>${called(one)}</option>`)}
      </select>
    </label>
    <${Foot} ready=${target.value} act=${move} done=${done} label=${say('draft.do')} />
  </div>`
}
