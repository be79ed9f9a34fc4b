// Who stands where: parties across, points down. A cell says what it is in a word, and opens to all that is known of it.
import { useSignal } from '../vendor.js'
import { projector, who } from '../desk.js'
import { words as shown } from '../model/clean.js'
import { write } from '../model/route.js'
import { GLYPHS, STANCES, rows } from '../model/standing.js'
import { rights } from '../model/rights.js'
import { Do, Party, Trouble, html, memberName, moment, partyName, say } from './kit.js'
import { Position } from './compose.js'
import { Redline } from './words.js'

const STATES = ['all', 'agreed', 'open', 'reserved', 'opposed', 'lapsed']

export function Standing({ desk, route }) {
  const [state, opened] = [useSignal('all'), useSignal(null)]
  const matrix = desk.views.standing.value
  if (!matrix) return html`<p class="wait">${say('wait')}</p>`
  const all = rows(matrix).filter(({ point }) => state.value === 'all' || point.standing === state.value)
  const titles = new Map(
    desk.views.outline.value.points.map(point => [point.id, point.heading || point.words.slice(0, 60) || '—'])
  )
  const width = matrix.parties.length + 2
  return html`<main class="matrix">
    <h1>${say('look.standing')}</h1>
    <div class="seek" role="group" aria-label=${say('filter')}>
      ${STATES.map(
        one => html`<button type="button" key=${one} aria-pressed=${state.value === one} onClick=${() => (state.value = one)}>
        ${one !== 'all' && html`<i
          aria-hidden="true">${GLYPHS[one]}</i> `}${say(one === 'all' ? 'filter.all' : `standing.${one}`)}${one !== 'all'
            && html` <b>${matrix.counts[one]}</b>`}
      </button>`
      )}
    </div>
    <div class="scroll" tabindex="0" role="region" aria-label=${say('matrix')}>
      <table onKeyDown=${step}>
        <thead><tr>
          <th scope="col">${say('point')}</th><th scope="col">${say('standing')}</th>
          ${matrix.parties.map(({ party, must_consent: must }) =>
            html`<th scope="col" key=${party} title=${partyName(party)}><${Party} id=${party} />${!must
              && html`<span class="aside"> ${say('need.not')}</span>`}</th>`)}
        </tr></thead>
        <tbody>
          ${all.map(
            row => html`<${Row} key=${row.point.point} row=${row} title=${titles.get(row.point.point)} route=${route}
              opened=${opened} />
            ${opened.value?.point === row.point.point
              && html`<tr class="opened"><td colspan=${width}><${Cell} desk=${desk} row=${row} opened=${opened} /></td></tr>`}`
          )}
        </tbody>
      </table>
    </div>
  </main>`
}

function Row({ row: { point, cells }, title, route, opened }) {
  return html`<tr class=${`level-${Math.min(point.depth, 5)}`}>
    <th scope="row"><a href=${write({ ...route, look: 'text', point: point.point })}><bdi>${shown(point.label)}</bdi> <span
      dir="auto">${shown(title)}</span></a></th>
    <td class=${`state ${point.standing}`}><i aria-hidden="true">${GLYPHS[point.standing]}</i> ${say(`standing.${point.standing}`)}${
      point.ad_referendum ? ` (${say('ad.referendum')})` : ''
    }</td>
    ${cells.map(cell => {
      const open = opened.value?.point === point.point && opened.value.party === cell.party
      return html`<td key=${cell.party} class=${`stance ${cell.stance}`}>
        <button type="button" aria-expanded=${open}
          aria-label=${`${partyName(cell.party)}, ${point.label}: ${say(`stance.${cell.stance}`)}`}
          onClick=${() => (opened.value = open ? null : { point: point.point, party: cell.party })}>
          <i aria-hidden="true">${STANCES[cell.stance]}</i> ${say(`stance.${cell.stance}`)}${marks(cell)}
        </button></td>`
    })}
  </tr>`
}

/** Marks of what the opened cell says more of: subject to the capital, with a point above, something has changed. */
const marks = cell =>
  [cell.ad_referendum && ' *', cell.via && ' ↑', (cell.changed || cell.returned || cell.around?.length) && ' !'].filter(Boolean).join('')

/** Everything that is known of a cell; in one's own column, what can be done about it. */
function Cell({ desk, row: { point, cells }, opened }) {
  const form = useSignal(null)
  const cell = cells.find(one => one.party === opened.value.party)
  const own = cell.party === who.value.party
  const may = rights(who.value.role, desk.about.value.yours)
  const whole = desk.views.outline.value.points.find(one => one.id === point.point)
  return html`<div class="cell">
    <p><${Party} id=${cell.party} /> <strong>${say(`stance.${cell.stance}`)}</strong>${cell.ad_referendum
      && html`, ${say('ad.referendum')}`}
      ${cell.by && html` · <bdi>${memberName(cell.by)}</bdi>`}${cell.seat_ended && html` (${say('seat.ended')})`}${cell.at_ms
        && html` · ${moment(cell.at_ms)}`}</p>
    ${cell.via && html`<p class="aside">${say('cell.via')}</p>`}
    ${cell.returned && html`<p class="aside">${say('cell.returned')}</p>`}
    ${cell.changed && html`<p class="aside">${say('cell.changed')}</p>`}
    ${cell.conflict && html`<p class="aside">${say('cell.conflict')}</p>`}
    ${(cell.around ?? []).map((one, at) =>
      html`<p class="aside" key=${at}>${say(`around.${one.what}`, { label: one.label ?? '' })}</p>`)}
    ${cell.reason && html`<p dir="auto">${shown(cell.reason)}</p>`}
    ${
      cell.stance === 'lapsed' &&
      html`<figure><figcaption class="aside">${say('lapsed.difference')}</figcaption>
      ${cell.difference ? html`<${Redline} of=${cell.difference} />` : html`<p>${say('lapsed.unknown')}</p>`}</figure>`
    }
    ${own && may.speak && whole && !projector.value && html`<${Stand} desk=${desk} whole=${whole} cell=${cell} form=${form} />`}
  </div>`
}

function Stand({ desk, whole, cell, form }) {
  const error = useSignal(null)
  if (form.value)
    return html`<${Position} key=${form.value} kind=${form.value} desk=${desk} point=${whole} done=${() => (form.value = null)} />`
  const withdraw = () => desk.edit({ withdraw: { what: cell.annotation } }).catch(refused => (error.value = refused))
  return html`<p class="offers">
    ${['accept', 'reserve', 'oppose'].map(kind =>
      html`<button type="button" key=${kind} onClick=${() => (form.value = kind)}>${say(`offer.${kind}`)}</button>`)}
    ${cell.annotation && !cell.via && html`<${Do} act=${withdraw}>${say('withdraw')}<//>`}
    ${error.value && html`<${Trouble} error=${error.value} />`}
  </p>`
}

/** Arrow keys go from cell to cell. */
function step(event) {
  const [down, right] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] ?? []
  const cell = event.target.closest('td, th')
  if (down === undefined || !cell || event.target.closest('textarea, input')) return
  const turned = document.documentElement.dir === 'rtl' ? -right : right
  const list = [...event.currentTarget.querySelectorAll('tbody tr:not(.opened)')]
  const next = list[list.indexOf(cell.parentElement) + down]?.children[cell.cellIndex + turned]?.querySelector('button, a')
  if (next) {
    event.preventDefault()
    next.focus()
  }
}
