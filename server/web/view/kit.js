// What all of the views are made with: markup, the page's own words, names and parties.
import { Fragment, computed, effect, h, htm, signal, useErrorBoundary } from '../vendor.js'
import { LANGUAGES, chosen, speaker } from '../model/say.js'
import { name as cleaned } from '../model/clean.js'
import { conference, parties } from '../desk.js'

export const html = htm.bind(h)
export { Fragment }

/** As many parties are told apart by colour and pattern; their names tell all. */
const PARTY_LOOKS = 8

const stored = key => {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

/** What this device keeps of how one likes to see things. */
export function kept(key, fallback) {
  const value = signal(stored(`plenary.${key}`) ?? fallback)
  effect(() => keep(key, value.value))
  return value
}

function keep(key, value) {
  try {
    localStorage.setItem(`plenary.${key}`, value)
  } catch {
    // A browser that keeps nothing shows it all the same.
  }
}

/** The language of the page. */
export const language = kept('language', chosen(navigator.languages ?? []))
const speaking = signal(null)
/** The texts of the language, once they are here. */
export const speaks = computed(() => speaking.value !== null)

effect(() => {
  const wanted = chosen([language.value])
  fetch(new URL(`../words/${wanted}.json`, import.meta.url))
    .then(response => (response.ok ? response.json() : location.reload()))
    .then(texts => {
      document.documentElement.lang = wanted
      document.documentElement.dir = LANGUAGES[wanted]
      speaking.value = speaker(wanted, texts)
    })
})

/** A text of the page's own. */
export const say = (key, values) => speaking.value.say(key, values)
/** The same, with markup in place of the values. */
export const parts = (key, values) => html`<${Fragment}>${speaking.value.parts(key, values)}<//>`
/** A moment, in the reader's own way of writing it. */
export const moment = ms => new Date(ms).toLocaleString(speaking.value.language, { dateStyle: 'medium', timeStyle: 'short' })

/** A name that somebody gave: text in a direction of its own. */
export const Name = ({ of }) => html`<bdi>${cleaned(of)}</bdi>`

/** The class by which a party is told apart. */
export function look(id) {
  const at = parties.value.findIndex(party => party.id === id)
  return `party-${Math.max(0, at) % PARTY_LOOKS}`
}

/** A party's name. */
export const partyName = id => cleaned(conference.value?.parties.find(party => party.id === id)?.name ?? id)

/** A party by its short name, in its colour and pattern. */
export const Party = ({ id }) => html`<span class=${`party ${look(id)}`} title=${partyName(id)}><bdi>${id}</bdi></span>`

/** A member's name, by id. */
export function memberName(id) {
  const all = [...(conference.value?.members ?? []), ...(conference.value?.ended ?? [])]
  return cleaned(all.find(member => member.member === id)?.name ?? id)
}

/** What went wrong, and what is to be done. */
export const Trouble = ({ error }) => html`<p class="trouble" role="alert">
  ${error.status === 0 ? say('trouble.unreached') : html`<bdi>${cleanSentence(error.message)}</bdi>`}
</p>`

const cleanSentence = text => {
  const one = String(text).slice(0, 600)
  return one.charAt(0).toLocaleUpperCase() + one.slice(1)
}

/** What cannot be shown takes nothing else with it. */
export function Guarded({ children }) {
  const [error] = useErrorBoundary(reported => console.error(reported))
  return error ? html`<p class="trouble" role="alert">${say('trouble.unshown')}</p>` : children
}

/** A button that says what it is doing while it does it, and what went wrong. */
export function Do({ act, children, kind = '', disabled = false }) {
  const button = async event => {
    event.preventDefault()
    const target = event.currentTarget
    target.setAttribute('aria-busy', 'true')
    try {
      await act()
    } finally {
      target.removeAttribute('aria-busy')
    }
  }
  return html`<button type="button" class=${kind} disabled=${disabled} onClick=${button}>${children}</button>`
}

/** The last record of a plan's log that was looked at on this device; with `seq` it is remembered. */
export function seenUpTo(path, seq) {
  const key = `seen.${path}`
  const before = Number(stored(`plenary.${key}`) ?? 0)
  if (seq !== undefined) keep(key, String(seq))
  return before
}
export { parties }
