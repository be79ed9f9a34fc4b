// What a party says of a point: a note, a proposal, a position. Nothing of it leaves this device before its button is pressed, and the
// button names who will read it.
import { useEffect, useSignal, useState } from '../vendor.js'
import { who } from '../desk.js'
import { view } from '../net/api.js'
import { words as shown } from '../model/clean.js'
import { proposal, redline } from '../model/compose.js'
import { below } from '../model/standing.js'
import { ask } from './ask.js'
import { named, outcome, readers, writable } from './audience.js'
import { Do, Trouble, html, partyName, say } from './kit.js'
import { Redline } from './words.js'

/** A text that is being written, in the direction of what is written. */
const Field = ({ label, of, rows = 3 }) => html`<label>${label}
  <textarea rows=${rows} dir="auto" value=${of.value} onInput=${event => (of.value = event.target.value)} />
</label>`

/** The layer that is written in, private if nothing else is chosen; and what the button does. */
function Into({ desk, layer, ready, done, act }) {
  const [error, fail] = useState(null)
  const layers = writable(desk.layers.value)
  const chosen = layers.find(one => one.layer === layer.value) ?? layers[0]
  const write = async () => {
    fail(null)
    const all = readers(chosen.audience, chosen.party, desk.layers.value)
    if (chosen.audience !== 'party') {
      const question = {
        title: say('table.title'),
        text: say('table.ask'),
        list: named(all),
        yes: outcome(chosen, desk.layers.value)
      }
      if (!(await ask(question))) return
    }
    await act(chosen.layer).then(done, fail)
  }
  return html`<div class="into">
    <label>${say('into')}
      <select value=${chosen.layer} onChange=${event => (layer.value = event.target.value)}>
        ${layers.map(one => html`<option key=${one.layer} value=${one.layer}
          selected=${one === chosen}>${outcome(one, desk.layers.value)}</option>`)}
      </select>
    </label>
    ${error && html`<${Trouble} error=${error} />`}
    <p class="offers">
      <${Do} kind=${`first to-${chosen.audience === 'party' ? 'private' : chosen.audience === 'all' ? 'public' : 'shared'}`}
        disabled=${!ready} act=${write}>${outcome(chosen, desk.layers.value)}<//>
      <button type="button" onClick=${done}>${say('cancel')}</button>
    </p>
  </div>`
}

export function Note({ desk, point, quote, done }) {
  const [text, layer] = [useSignal(''), useSignal('private')]
  const act = into => desk.edit({ note: { point: point.id, text: text.value.trim(), layer: into, ...(quote && { quote }) } })
  return html`<form class="compose" onSubmit=${event => event.preventDefault()}>
    <h3>${say('offer.note')}</h3>
    ${quote ? html`<blockquote dir="auto">${shown(quote)}</blockquote>` : html`<p class="aside">${say('note.whole')}</p>`}
    <${Field} label=${say('note.text')} of=${text} />
    <${Into} desk=${desk} layer=${layer} ready=${text.value.trim()} done=${done} act=${act} />
  </form>`
}

/** A proposal is composed by editing the words; the text itself stays as it is. */
export function Proposal({ desk, point, words, done }) {
  const [before] = useState(words)
  const [text, because, layer] = [useSignal(words), useSignal(''), useSignal('private')]
  const proposed = proposal(before, text.value)
  const act = into => desk.edit({ propose: { point: point.id, ...proposed, because: because.value.trim(), layer: into } })
  return html`<form class="compose" onSubmit=${event => event.preventDefault()}>
    <h3>${say('offer.propose')}</h3>
    <${Field} label=${say('propose.words')} of=${text} rows=${Math.min(12, 2 + Math.ceil(before.length / 60))} />
    ${proposed && html`<figure><figcaption class="aside">${say('propose.seen')}</figcaption><${Redline}
      of=${redline(before, text.value)} /></figure>`}
    ${words !== before && html`<p class="aside" role="status">${say('propose.moved')}</p>`}
    <${Field} label=${say('because')} of=${because} rows=${2} />
    <${Into} desk=${desk} layer=${layer} ready=${proposed} done=${done} act=${act} />
  </form>`
}

/**
 * Takes a position. To accept is to accept words that were read: they are shown here with the digest that stands for just them, and the
 * server refuses if others stand there by then.
 */
export function Position({ kind, desk, point, done }) {
  const [because, capital] = [useSignal(''), useSignal(false)]
  const [bound, bind] = useState(null)
  const [error, fail] = useState(null)
  const read = () => exact(desk, point.id).then(bind, fail)
  useEffect(() => {
    read()
  }, [kind])
  const party = partyName(who.value.party)
  const said = because.value.trim()
  const body =
    kind === 'accept'
      ? { point: point.id, expect: bound?.digest, ad_referendum: capital.value, because: said }
      : { point: point.id, reason: said }
  const act = () => {
    fail(null)
    return desk.edit({ [kind]: body }).then(done, refused => {
      fail(refused)
      return read()
    })
  }
  return html`<form class=${`compose stand ${kind}`} onSubmit=${event => event.preventDefault()}>
    <h3>${say(`offer.${kind}`)}</h3>
    ${
      bound &&
      html`<figure class="bound"><figcaption>${say(kind === 'accept' ? 'accept.binds' : 'stand.on', { party })}</figcaption>
      ${bound.points.map(one => html`<${Bound} key=${one.id} point=${one} />`)}
    </figure>`
    }
    ${kind === 'accept' && bound?.brackets > 0 && html`<p class="warn">${say('accept.open', { n: bound.brackets })}</p>`}
    ${kind === 'accept' && html`<label class="tick"><input type="checkbox" checked=${capital.value}
      onChange=${event => (capital.value = event.target.checked)} /> ${say('accept.capital')}</label>`}
    <${Field} label=${say(kind === 'accept' ? 'because.public' : 'reason')} of=${because} rows=${2} />
    ${error && html`<${Trouble} error=${error} />`}
    <p class="offers">
      <${Do} kind="first to-public" disabled=${!bound || (kind !== 'accept' && !said)} act=${act}>${say(`${kind}.for`, { party })}<//>
      <button type="button" onClick=${done}>${say('cancel')}</button>
    </p>
  </form>`
}

const Bound = ({ point }) => html`<div class="bound-point">
  <strong><bdi>${shown(point.label)}</bdi> <span dir="auto">${shown(point.heading)}</span></strong>
  <p dir="auto">${shown(point.words)}</p>
</div>`

/** As often the words of a point may move while they are read. */
const TRIES = 10

/** The words of a point with all below it, and the digest of just these: nothing moved between the one and the other. */
async function exact(desk, id) {
  for (let tries = 0; tries < TRIES; tries++) {
    const outline = await view(`${desk.path}/outline`)
    const standing = await view(`${desk.path}/standing`)
    // The same object: no record came meanwhile.
    if ((await view(`${desk.path}/outline`)) !== outline) continue
    const { digest, open_brackets: brackets } = standing.points.find(one => one.point === id)
    return { points: below(outline.points, id), digest, brackets }
  }
  throw new Error(say('accept.moving'))
}
