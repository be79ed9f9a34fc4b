// The margin: what one may read of what parties say, beside the words that they say it of.
import { useSignal, useState } from '../vendor.js'
import { projector, who } from '../desk.js'
import { words as shown } from '../model/clean.js'
import { STANCES } from '../model/standing.js'
import { threads } from '../model/thread.js'
import { Audience, kindOf, named, readers, writable } from './audience.js'
import { ask } from './ask.js'
import { Do, Party, Trouble, html, memberName, moment, partyName, say } from './kit.js'
import { Redline } from './words.js'

/** Cards that stand beside a point before the rest is asked for. */
const SHOWN_MAX = 4
/** The same at the point at hand. */
const SHOWN_HERE_MAX = 20
/** Cards that come when the rest is asked for. */
const MORE = 50

/**
 * The entries at a point that are shown; the projector shows those alone that all may read. Positions before all are left out, but on a
 * bracket with a reason: where they stand now the standing and the brackets tell, and of what was said once only a part is still true.
 */
export function readable(all) {
  const stands = one => one.kind === 'position' && one.layer === 'positions' && !(one.anchor && one.body)
  return all.filter(one => !one.withdrawn && !stands(one) && (!projector.value || one.audience === 'all'))
}

export function Margin({ desk, point, entries, fact, here, may }) {
  const more = useSignal(0)
  const all = threads(entries)
  const left = all.slice(0, (here ? SHOWN_HERE_MAX : SHOWN_MAX) + more.value)
  return html`<aside class="margin" aria-label=${say('margin.of', { label: point.label || '—' })}>
    <${Stands} cells=${fact.cells} desk=${desk} here=${here} may=${may} />
    ${left.map(({ head, replies }) => html`<${Card} key=${`${head.party}/${head.layer}/${head.id}`} one=${head} desk=${desk}
      replies=${replies} here=${here} may=${may} />`)}
    ${
      left.length < all.length &&
      html`<button type="button" class="quiet"
        onClick=${() => (more.value += MORE)}>${say('margin.more', { n: all.length - left.length })}</button>`
    }
  </aside>`
}

/** Where the parties stand on the point's words, in a line each. */
function Stands({ cells, desk, here, may }) {
  const [error, fail] = useState(null)
  const said = cells.filter(cell => cell.stance !== 'none' && !cell.via)
  if (!said.length) return null
  const withdraw = cell => desk.edit({ withdraw: { what: cell.annotation } }).catch(fail)
  const takesBack = cell => here && may.speak && !projector.value && cell.party === who.value.party && cell.annotation
  return html`<section class="card public stands">
    <header><${Audience} audience="all" /></header>
    ${said.map(
      cell => html`<p class=${`of stance ${cell.stance}`} key=${cell.party}>
      <${Party} id=${cell.party} /> <span><i aria-hidden="true">${STANCES[cell.stance]}</i> ${say(`stance.${cell.stance}`)}${
        cell.ad_referendum ? `, ${say('ad.referendum')}` : ''
      }</span>
      ${cell.reason && html`<span class="said" dir="auto">${shown(cell.reason)}</span>`}
      ${takesBack(cell) && html`<span class="acts"><${Do} act=${() => withdraw(cell)}>${say('withdraw')}<//></span>`}
    </p>`
    )}
    ${error && html`<${Trouble} error=${error} />`}
  </section>`
}

function Card({ one, desk, replies, here, may }) {
  const [error, fail] = useState(null)
  const act = (...edits) => {
    fail(null)
    return desk.edit(...edits).catch(fail)
  }
  return html`<section class=${`card ${kindOf(one.audience)} ${one.resolved ? 'resolved' : ''}`}>
    <header><${Audience} audience=${one.audience} owner=${one.party} /></header>
    <p class="of">
      <${Party} id=${one.party} />
      <span>${one.kind === 'position' ? say(`stance.${one.stance}`) : say(`kind.${one.kind}`)}</span>
      ${one.entered && html`<span>${entered(one.entered)}</span>`}
      ${one.proposed && one.proposed.state !== 'open' && html`<span class="became">${say(`became.${one.proposed.state}`)}</span>`}
      ${one.resolved && html`<span class="became">${say('resolved')}</span>`}
    </p>
    ${one.quote && one.kind !== 'proposal' && html`<blockquote dir="auto">${shown(one.quote)}</blockquote>`}
    ${one.kind === 'proposal' && html`<${Proposed} one=${one} />`}
    ${one.body && html`<p class="said" dir="auto">${shown(one.body)}</p>`}
    <p class="when">${one.by ? html`<bdi>${memberName(one.by)}</bdi>, ` : ''}<time
      datetime=${new Date(one.at_ms).toISOString()}>${moment(one.at_ms)}</time></p>
    ${replies.map(
      reply => html`<div class=${`reply ${kindOf(reply.audience)}`} key=${reply.id}>
      <p class="of"><${Party} id=${reply.party} /> <${Audience} audience=${reply.audience} owner=${reply.party} /></p>
      <p class="said" dir="auto">${shown(reply.body)}</p>
    </div>`
    )}
    ${here && !projector.value && html`<${Acts} one=${one} act=${act} desk=${desk} may=${may} />`}
    ${error && html`<${Trouble} error=${error} />`}
  </section>`
}

const entered = ({ confirmed, party }) => say(confirmed ? 'entered.confirmed' : 'entered.unconfirmed', { party: partyName(party) })

function Proposed({ one }) {
  if (one.proposed?.redline?.length) return html`<${Redline} of=${one.proposed.redline} />`
  return html`<${Redline} of=${[{ removed: one.quote }, { inserted: one.replacement }]} />`
}

function Acts({ one, act, desk, may }) {
  const replying = useSignal(false)
  const own = one.party === who.value.party
  const open = one.proposed && !['adopted', 'alternative', 'overtaken'].includes(one.proposed.state)
  const into = { id: one.id, party: one.party }
  if (replying.value) return html`<${Reply} one=${one} act=${act} desk=${desk} done=${() => (replying.value = false)} />`
  return html`<p class="acts">
    ${own && may.speak && one.audience !== 'all' && one.kind !== 'position'
      && html`<${Do} act=${() => table(one, act, desk)}>${say('table')}<//>`}
    ${may.write && open && html`<${Do} act=${() => adopt(one, into, act)}>${say('adopt')}<//>`}
    ${may.write && open && html`<${Do} act=${() => act({ alternative: into })}>${say('alternative')}<//>`}
    ${may.annotate && one.kind !== 'position'
      && html`<button type="button" onClick=${() => (replying.value = true)}>${say('reply')}</button>`}
    ${own && may.annotate && one.kind !== 'position'
      && html`<${Do}
        act=${() => act({ [one.resolved ? 'reopen' : 'resolve']: { id: one.id } })}>${say(one.resolved ? 'reopen' : 'resolve')}<//>`}
    ${own && may.annotate && (one.kind !== 'position' || may.speak)
      && html`<${Do} act=${() => act({ withdraw: { what: one.id } })}>${say('withdraw')}<//>`}
  </p>`
}

/** Tabling asks once, with the names of all who will read it. */
async function table(one, act, desk) {
  const list = named(readers('all', one.party, desk.layers.value))
  const yes = await ask({ title: say('table.title'), text: say('table.ask'), list, yes: say('table.all', { n: list.length }) })
  return yes ? act({ table: { ids: [one.id], to: 'public' } }) : null
}

/** What one's own party keeps to itself becomes everybody's by putting it into the text. */
async function adopt(one, into, act) {
  if (one.audience !== 'all') {
    const yes = await ask({ title: say('adopt.title'), text: say('adopt.ask'), yes: say('adopt') })
    if (!yes) return null
  }
  return act({ adopt: into })
}

function Reply({ one, act, desk, done }) {
  const text = useSignal('')
  const layers = writable(desk.layers.value)
  const layer = one.audience === 'all' ? 'public' : 'private'
  const audience = layers.find(other => other.layer === layer) ? layer : 'private'
  const [party, n] = [partyName(who.value.party), readers('all', who.value.party, desk.layers.value).length]
  const outcome = audience === 'public' ? say('reply.public', { n }) : say('reply.private', { party })
  const send = () => act({ reply: { id: one.id, text: text.value, layer: audience } }).then(applied => applied && done())
  return html`<div class="compose">
    <label>${say('reply.text')}<textarea rows="3" dir="auto" value=${text.value}
      onInput=${event => (text.value = event.target.value)} /></label>
    <p class="offers">
      <${Do} kind="first" disabled=${!text.value.trim()} act=${send}>${outcome}<//>
      <button type="button" onClick=${done}>${say('cancel')}</button>
    </p>
  </div>`
}
