// The outline: what stands where, how it stands, what is open. Filter and search leave of the plan what one looks for.
import { useComputed } from '../vendor.js'
import { projector } from '../desk.js'
import { FILTERS, chosen } from '../model/filter.js'
import { GLYPHS } from '../model/standing.js'
import { words as shown } from '../model/clean.js'
import { write } from '../model/route.js'
import { html, say } from './kit.js'

/** The filter that holds: before a projector none that tells where private notes are. */
export const held = filter => (projector.value && filter.value === 'private' ? 'all' : filter.value)

export function Outline({ desk, route, filter, search, go }) {
  const { points } = desk.views.outline.value
  const left = chosen(points, held(filter), search.value, id => desk.fact(id))
  const offered = projector.value ? FILTERS.filter(one => one !== 'private') : FILTERS
  return html`<nav class="outline" aria-label=${say('outline')}>
    <div class="seek">
      <input type="search" aria-label=${say('search')} placeholder=${say('search')} value=${search.value}
        onInput=${event => (search.value = event.target.value)} />
      <select aria-label=${say('filter')} value=${held(filter)} onChange=${event => (filter.value = event.target.value)}>
        ${offered.map(one => html`<option value=${one} selected=${one === held(filter)}>${say(`filter.${one}`)}</option>`)}
      </select>
    </div>
    ${left && html`<p class="aside" role="status">${say('filter.left', { n: left.size })}</p>`}
    <ol>
      ${points.filter(point => !left || left.has(point.id)).map(point =>
        html`<${Entry} key=${point.id} point=${point} here=${point.id === route.point} go=${go} desk=${desk} />`)}
    </ol>
  </nav>`
}

function Entry({ point, here, go, desk }) {
  const fact = useComputed(() => desk.fact(point.id)).value
  const state = point.struck ? 'struck' : fact.standing
  const open = event => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    go(desk.at(point.id))
  }
  return html`<li class=${`level-${Math.min(point.depth, 5)}`}>
    <a href=${write(desk.at(point.id))} onClick=${open} aria-current=${here ? 'location' : undefined}>
      <span class="number"><bdi>${shown(point.label)}</bdi></span>
      <span class="title" dir="auto">${shown(desk.heading(point)) || shown(point.words.slice(0, 60))}</span>
      <span class=${`state ${state}`}><i aria-hidden="true">${GLYPHS[state]}</i> ${say(`standing.${state}`)}
        ${fact.brackets > 0 && html` <span class="count">· ${say('open', { n: fact.brackets })}</span>`}
        ${fact.merged && html` <span class="count merged">· ${say('merged')}</span>`}</span>
    </a>
  </li>`
}
