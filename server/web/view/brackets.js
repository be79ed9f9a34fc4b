// The brackets of the point at hand: who put each there, who is for it and who against, and one's own support.
import { useState } from '../vendor.js'
import { projector, who } from '../desk.js'
import { once } from '../model/compose.js'
import { words as shown } from '../model/clean.js'
import { Do, Party, Trouble, html, say } from './kit.js'

const SIDES = ['support', 'reserve', 'oppose']

export function Brackets({ desk, point, words, may }) {
  const [error, fail] = useState(null)
  const found = desk.views.brackets.value?.points.find(one => one.point === point.id)
  const list = (found?.brackets ?? []).filter(one => one.field === 'words')
  if (!list.length) return null
  const act = edit => {
    fail(null)
    return desk.edit(edit).catch(fail)
  }
  return html`<ul class="brackets">
    ${list.map(one => html`<${Bracket} key=${one.number} one=${one} point=${point} words=${words} act=${act} may=${may} />`)}
    ${error && html`<${Trouble} error=${error} />`}
  </ul>`
}

function Bracket({ one, point, words, act, may }) {
  const mine = SIDES.find(side => one[side]?.includes(who.value.party))
  const named = ids => ids.map(id => html`<${Party} key=${id} id=${id} /> `)
  // It is named by its words, which have to stand once: a number might be another bracket's by the time that it is asked for.
  const sides = may.speak && !projector.value && once(words, one.text)
  const what = { point: point.id, quote: one.text }
  return html`<li>
    <span class="words" dir="auto">${shown(one.text)}</span>
    ${one.proposed_by
      ? html`<span class="aside">${say('bracket.proposed')} ${named([one.proposed_by])}</span>`
      : one.typed_by?.length > 0 && html`<span class="aside">${say('bracket.typed')} ${named(one.typed_by)}</span>`}
    ${SIDES.filter(side => one[side]?.length > 0).map(side => html`<span class="aside" key=${side}>
      ${say(`bracket.${side}`)} ${named(one[side])}</span>`)}
    ${sides && !mine && html`<${Do} kind="quiet" act=${() => act({ accept: what })}>${say('bracket.do')}<//>`}
    ${sides && mine && html`<${Do} kind="quiet" act=${() => act({ withdraw: { what: point.id, quote: one.text } })}>${say('withdraw')}<//>`}
  </li>`
}
