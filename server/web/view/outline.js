// The outline: what stands where, how it stands, what is open. Filter and search leave of the plan what one looks for.
import { projector, who } from '../desk.js'
import { FILTERS, chosen } from '../model/filter.js'
import { GLYPHS, rows } from '../model/standing.js'
import { words as shown } from '../model/clean.js'
import { write } from '../model/route.js'
import { html, say } from './kit.js'

/** What is known of each point, for the filters and the outline. */
export function facts(desk) {
  const { standing, annotations } = desk.views
  const me = who.value.party
  const all = new Map()
  for (const { point, cells } of standing.value ? rows(standing.value) : []) {
    const own = cells.find(cell => cell.party === me)
    all.set(point.point, {
      standing: point.standing,
      brackets: point.struck ? 0 : point.open_brackets,
      mine: Boolean(own) && !point.struck && (own.stance === 'none' || own.stance === 'lapsed'),
      merged: Boolean(point.merged),
      digest: point.digest,
      cells,
      point
    })
  }
  for (const one of annotations.value?.annotations ?? []) {
    if (one.audience === 'party' && all.has(one.point)) all.get(one.point).private = true
  }
  return id => all.get(id) ?? { standing: 'open', brackets: 0, cells: [] }
}

export function Outline({ desk, route, known, filter, search, go }) {
  const { points } = desk.views.outline.value
  const left = chosen(points, filter.value, search.value, known)
  const offered = projector.value ? FILTERS.filter(one => one !== 'private') : FILTERS
  return html`<nav class="outline" aria-label=${say('outline')}>
    <div class="seek">
      <input type="search" aria-label=${say('search')} placeholder=${say('search')} value=${search.value}
        onInput=${event => (search.value = event.target.value)} />
      <select aria-label=${say('filter')} value=${filter.value} onChange=${event => (filter.value = event.target.value)}>
        ${offered.map(one => html`<option value=${one} selected=${one === filter.value}>${say(`filter.${one}`)}</option>`)}
      </select>
    </div>
    ${left && html`<p class="aside" role="status">${say('filter.left', { n: left.size })}</p>`}
    <ol>
      ${points.filter(point => !left || left.has(point.id)).map(point =>
        html`<${Entry} key=${point.id} point=${point} fact=${known(point.id)} route=${route} go=${go} desk=${desk} />`)}
    </ol>
  </nav>`
}

function Entry({ point, fact, route, go, desk }) {
  const here = route.point === point.id
  const state = point.struck ? 'struck' : fact.standing
  const open = event => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    go({ ...route, point: point.id })
  }
  return html`<li class=${`level-${Math.min(point.depth, 5)}`}>
    <a href=${write({ ...route, point: point.id })} onClick=${open} aria-current=${here ? 'location' : undefined}>
      <span class="number"><bdi>${shown(point.label)}</bdi></span>
      <span class="title" dir="auto">${shown(desk.heading(point)) || shown(point.words.slice(0, 60))}</span>
      <span class=${`state ${state}`}><i aria-hidden="true">${GLYPHS[state]}</i> ${say(`standing.${state}`)}
        ${fact.brackets > 0 && html` <span class="count">· ${say('open', { n: fact.brackets })}</span>`}
        ${fact.merged && html` <span class="count merged">· ${say('merged')}</span>`}</span>
    </a>
  </li>`
}
