// What stands around a plan: where one is, who one is, how it is looked at, and whether the server is there.
import { conference, projector, who } from '../desk.js'
import { LOOKS, write } from '../model/route.js'
import { LANGUAGES } from '../model/say.js'
import { Name, html, language, parts, say, Party } from './kit.js'

/** The languages of the page, each by its own name. */
const NAMES = { en: 'English', uk: 'Українська', ar: 'العربية' }

export const Languages = () => html`<label class="languages">
  <span class="aside">${say('language')}</span>
  <select value=${language.value} onChange=${event => (language.value = event.target.value)}>
    ${Object.keys(LANGUAGES).map(one => html`<option value=${one} lang=${one}
      selected=${one === language.value}>${NAMES[one]}</option>`)}
  </select>
</label>`

/** The bar above a plan. */
export function Bar({ desk, route }) {
  const me = who.value
  return html`<header class="bar">
    <nav class="where" aria-label=${say('where')}>
      <a href="#/"><${Name} of=${conference.value.title} /></a>
    </nav>
    <nav class="looks" aria-label=${say('looks')}>
      ${LOOKS.map(
        look =>
          html`<a href=${write({ ...route, look, point: null })}
            aria-current=${look === route.look ? 'page' : undefined}>${say(`look.${look}`)}</a>`
      )}
    </nav>
    <div class="self">
      <${Connection} desk=${desk} />
      <${Others} desk=${desk} />
      <button type="button" class="quiet" aria-pressed=${projector.value} onClick=${() => (projector.value = !projector.value)}>
        ${say('projector')}
      </button>
      <span class="whom"><${Party} id=${me.party} /> <${Name} of=${me.name} /></span>
      <${Languages} />
    </div>
  </header>`
}

/** What is said of the connection, of which every word is true. */
function Connection({ desk }) {
  const { synced, isSafe, waiting, refused } = desk.connection
  const state = refused ? 'refused' : !synced ? (isSafe ? 'away' : 'unsent') : isSafe ? 'safe' : 'typing'
  return html`<span class=${`connection ${state}`} role="status">${say(`connection.${state}`, { n: waiting.size })}</span>`
}

/** Who else is here. */
function Others({ desk }) {
  const others = desk.others.value
  if (!others.length) return null
  return html`<span class="others" title=${others.map(other => other.name).join(', ')}>
    ${say('others', { n: others.length })}
    ${[...new Set(others.map(other => other.party))].slice(0, 6).map(id => html`<${Party} key=${id} id=${id} />`)}
  </span>`
}

/** Said over everything while all that is private is hidden. */
export const Projected = () =>
  projector.value &&
  html`<p class="projected" role="note">${parts('projector.on', { what: html`<strong>${say('projector.public')}</strong>` })}</p>`

/** What was written here and the server does not take: it stays to be copied. */
export function Refusal({ desk }) {
  const { refused, waiting } = desk.connection
  if (!refused) return null
  const points = (desk.views.outline.value?.points ?? []).filter(point => waiting.has(point.id))
  return html`<section class="refusal" role="alert">
    <h2>${say('refused.title')}</h2>
    <p>${say('refused.what')} <bdi>${refused}</bdi></p>
    ${!projector.value && points.map(point => html`<div key=${point.id}><h3><bdi>${point.label}</bdi></h3><pre
      dir="auto">${desk.words(point)}</pre></div>`)}
    <button class="first" onClick=${() => location.reload()}>${say('refused.reload')}</button>
  </section>`
}
