// The schedule: as bars over the days from their trigger, and as a table that says the same. What follows from what the server works out.
import { words as shown } from '../model/clean.js'
import { scale } from '../model/gantt.js'
import { write } from '../model/route.js'
import { html, say } from './kit.js'

const [ROW, BAR, WIDTH, LABEL] = [28, 14, 900, 260]

export function Schedule({ desk, route }) {
  const timetable = desk.views.schedule.value
  if (!timetable) return html`<p class="wait">${say('wait')}</p>`
  const { rows, faults } = timetable
  return html`<main class="schedule">
    <h1>${say('look.schedule')}</h1>
    ${rows.length === 0 && html`<p>${say('schedule.none')}</p>`}
    ${
      faults.length > 0 &&
      html`<section class="faults"><h2>${say('schedule.faults')}</h2>
      <ul>${faults.map((fault, at) => html`<li key=${at}>${say(`fault.${fault.kind}`)}${named(fault)
        && html`: <bdi>${named(fault)}</bdi>`}</li>`)}</ul></section>`
    }
    ${[...new Set(rows.map(row => row.trigger))].map(trigger =>
      html`<${Chart} key=${trigger ?? ''} trigger=${trigger} rows=${rows.filter(row => row.trigger === trigger)} />`)}
    ${rows.length > 0 && html`<${Table} rows=${rows} route=${route} />`}
  </main>`
}

/** The steps that a fault names. */
const named = fault =>
  [fault.step, ...(fault.steps ?? [])]
    .filter(Boolean)
    .map(step => shown(step.name))
    .join(', ')

/** The bars of the steps that count from one trigger; the table below says the same to whoever sees no bars. */
function Chart({ trigger, rows }) {
  const dated = rows.filter(row => row.earliest_start !== null && row.earliest_start !== undefined)
  if (!trigger || !dated.length) return null
  const { x, ticks } = scale(dated, WIDTH - LABEL)
  const at = new Map(dated.map((row, index) => [row.point, index]))
  const middle = index => (index + 1.5) * ROW
  return html`<figure class="scroll" tabindex="0" role="region" aria-label=${shown(trigger)}>
    <figcaption>${say('schedule.from')} <bdi>${shown(trigger)}</bdi></figcaption>
    <svg class="gantt" dir="ltr" width=${WIDTH} height=${(dated.length + 1.5) * ROW} aria-hidden="true">
      ${ticks.map(day => html`<g key=${day}
        class="tick"><line x1=${LABEL + x(day)} x2=${LABEL + x(day)} y1=${ROW * 0.8} y2=${(dated.length + 1) * ROW} /><text
          x=${LABEL + x(day)} y=${ROW * 0.6}>${day < 0 ? '−' : '+'}${Math.abs(day)}</text></g>`)}
      ${dated.flatMap((row, index) =>
        row.after
          .filter(wait => at.has(wait.point))
          .map(wait => {
            const before = dated[at.get(wait.point)]
            const from =
              LABEL +
              x(
                wait.what === 'start'
                  ? before.earliest_start
                  : wait.what === 'certified'
                    ? (before.earliest_certified ?? before.earliest_end)
                    : before.earliest_end
              )
            return html`<path key=${`${row.point}-${wait.point}`} class="wait-for"
              d=${`M${from} ${middle(at.get(wait.point))} V${middle(index)} H${LABEL + x(row.earliest_start)}`} />`
          })
      )}
      ${dated.map(
        (row, index) => html`<g key=${row.point} class=${row.critical ? 'critical' : ''}>
        <text class="step" x="0" y=${middle(index) + 4}>${shown(`${row.label} ${row.heading}`).slice(0, 38)}</text>
        <rect x=${LABEL + x(row.earliest_start)} y=${middle(index) - BAR / 2} height=${BAR}
          width=${Math.max(3, x(row.earliest_end ?? row.earliest_start) - x(row.earliest_start))} />
      </g>`
      )}
    </svg>
  </figure>`
}

const COLUMNS = ['start', 'end', 'after', 'responsible', 'verifier', 'critical']

const day = (trigger, at) =>
  at === null || at === undefined ? '—' : `${shown(trigger ?? '')}${at < 0 ? '−' : '+'}${Math.abs(at)}`

function Table({ rows, route }) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${say('schedule.table')}><table>
    <thead><tr><th scope="col">${say('point')}</th>
      ${COLUMNS.map(key => html`<th scope="col" key=${key}>${say(`schedule.${key}`)}</th>`)}</tr></thead>
    <tbody>${rows.map(
      row => html`<tr key=${row.point}>
      <th scope="row"><a href=${write({ ...route, look: 'text', point: row.point })}><bdi>${shown(row.label)}</bdi> <span
        dir="auto">${shown(row.heading)}</span></a></th>
      <td><bdi>${day(row.trigger, row.earliest_start)}</bdi></td><td><bdi>${day(row.trigger, row.earliest_end)}</bdi></td>
      <td>${row.after.map(wait => html`<div key=${wait.point}><bdi>${shown(wait.name)}</bdi>: ${say(`after.${wait.what}`)}</div>`)}</td>
      <td dir="auto">${shown(row.responsible ?? '')}</td><td dir="auto">${shown(row.verifier ?? '')}</td>
      <td>${row.critical ? say('yes') : ''}</td>
    </tr>`
    )}</tbody>
  </table></div>`
}
