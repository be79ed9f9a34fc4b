// Who reads an entry: told by the colour of its spine, an icon and a word, and by the button that writes it.
import { conference, who } from '../desk.js'
import { html, partyName, say } from './kit.js'

const ICONS = {
  private: 'M4 7V5a4 4 0 0 1 8 0v2h1v7H3V7zm2 0h4V5a2 2 0 0 0-4 0z',
  shared: 'M5 8a2 2 0 1 1 0-4 2 2 0 0 1 0 4zm6 0a2 2 0 1 1 0-4 2 2 0 0 1 0 4zM0 13c0-5 10-5 10 0zm11 0c0-2 0-3-1-4 3-1 6 0 6 4z',
  public: 'M8 3C4 3 1.5 6 .5 8c1 2 3.5 5 7.5 5s6.5-3 7.5-5C14.5 6 12 3 8 3zm0 8a3 3 0 1 1 0-6 3 3 0 0 1 0 6z'
}

/** `private`, `shared` or `public`: what kind of audience it is. */
export const kindOf = audience => (audience === 'all' ? 'public' : audience === 'party' ? 'private' : 'shared')

/** The parties that see the plan: each has its public layer there. */
export const seeing = layers => [...new Set(layers.filter(layer => layer.audience === 'all').map(layer => layer.party))]

/** The parties that read what is written for an audience, one's own among them. */
export function readers(audience, owner, layers) {
  if (audience === 'all') return seeing(layers)
  return audience === 'party' ? [owner] : [...new Set([owner, ...audience])]
}

/** The audience of an entry in words. */
export function Audience({ audience, owner }) {
  const kind = kindOf(audience)
  const names =
    kind === 'private' ? partyName(owner) : kind === 'shared' ? readers(audience, owner, []).map(partyName).join(', ') : ''
  return html`<span class=${`audience ${kind}`}>
    <svg viewBox="0 0 16 16" aria-hidden="true"><path d=${ICONS[kind]} /></svg>
    ${say(`audience.${kind}`, { names })}
  </span>`
}

/** One's own layers that notes and proposals are written in, private first. */
export const writable = layers =>
  layers
    .filter(layer => layer.write && layer.party === who.value.party && layer.layer !== 'positions')
    .sort((a, b) => rank(a) - rank(b))

const rank = layer => ['party', 'shared', 'all'].indexOf(typeof layer.audience === 'string' ? layer.audience : 'shared')

/** What a button does that writes into a layer: it names who will read it. */
export function outcome(layer, layers) {
  const all = readers(layer.audience, layer.party, layers)
  if (layer.audience === 'party') return say('keep.for', { party: partyName(layer.party) })
  if (layer.audience === 'all') return say('table.all', { n: all.length })
  return say('table.some', { names: all.map(partyName).join(', ') })
}

/** Every party of the conference by name, for a question that names them. */
export const named = ids => ids.map(id => conference.value.parties.find(party => party.id === id)?.name ?? id)
