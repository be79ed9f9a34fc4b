// What happened, the latest first: each record of the log with what it changed, by whom and when. Since when one was last here, this
// device remembers.
import { useEffect, useSignal, useState } from '../vendor.js'
import { lines } from '../net/api.js'
import { words as shown } from '../model/clean.js'
import { redline } from '../model/compose.js'
import { Replay } from '../model/replay.js'
import { write } from '../model/route.js'
import { Party, Trouble, html, memberName, moment, parties, partyName, say, seenUpTo } from './kit.js'
import { Redline } from './words.js'

/** Records that are shown at a time. */
const PAGE = 100

export function History({ desk, route }) {
  const [records, set] = useState(null)
  const [error, fail] = useState(null)
  const [party, count] = [useSignal(''), useSignal(PAGE)]
  const outline = desk.views.outline.value
  const [last] = useState(() => seenUpTo(desk.path))
  useEffect(() => {
    read(desk.path).then(all => {
      set(all)
      seenUpTo(desk.path, all[0]?.seq ?? 0)
    }, fail)
  }, [outline])
  if (error) return html`<${Trouble} error=${error} />`
  if (!records) return html`<p class="wait">${say('wait')}</p>`
  const chosen = records.filter(record => !party.value || record.party === party.value)
  const fresh = last > 0 ? records.filter(record => record.seq > last).length : 0
  return html`<main class="history">
    <h1>${say('look.history')}</h1>
    <div class="seek"><label>${say('history.by')}
      <select value=${party.value} onChange=${event => (party.value = event.target.value)}>
        <option value="">${say('history.all')}</option>
        ${parties.value.map(one => html`<option key=${one.id} value=${one.id}
          selected=${one.id === party.value}>${partyName(one.id)}</option>`)}
      </select></label>
      ${last > 0 && html`<p class="aside">${say('history.since', { n: fresh })}</p>`}
    </div>
    <ol>${chosen.slice(0, count.value).map(record =>
      html`<${Record} key=${record.seq} record=${record} fresh=${last > 0 && record.seq > last} route=${route} />`)}</ol>
    ${chosen.length > count.value && html`<button type="button"
      onClick=${() => (count.value += PAGE)}>${say('margin.more', { n: chosen.length - count.value })}</button>`}
  </main>`
}

function Record({ record, fresh, route }) {
  return html`<li class=${fresh ? 'fresh' : ''}>
    <p class="of"><${Party} id=${record.party} /> <bdi>${memberName(record.member)}</bdi> <time
      datetime=${new Date(record.at_ms).toISOString()}>${moment(record.at_ms)}</time></p>
    ${record.does && html`<p>${say(`does.${record.does}`)}</p>`}
    ${record.changes.map(
      (change, at) => html`<div key=${at}>
      <p><a
        href=${write({ ...route, look: 'text', point: change.point })}><bdi>${shown(change.label) || '—'}</bdi></a> ${said(change)}</p>
      ${['words', 'heading', 'label'].includes(change.kind) && html`<${Redline} of=${redline(change.before, change.after)} />`}
    </div>`
    )}
    ${record.more > 0 && html`<p class="aside">${say('margin.more', { n: record.more })}</p>`}
  </li>`
}

const said = ({ kind, after }) => say(kind === 'struck' ? (after === 'true' ? 'did.struck' : 'did.restored') : `did.${kind}`)

/** The records of the log, the latest first. */
async function read(path) {
  const told = await lines(`${path}/pull`, { since: 0, text_only: true })
  const replay = new Replay()
  const records = told
    .filter(line => line.kind === 'record' && !line.refused)
    .map(line => {
      const does = typeof line.does === 'string' ? line.does : Object.keys(line.does ?? {})[0]
      const bytes = Uint8Array.from(atob(line.update), letter => letter.charCodeAt(0))
      const { changes, more } = does === 'act' || !bytes.length ? { changes: [], more: 0 } : replay.add(bytes)
      return { ...line, does: does === 'edit' ? undefined : does, changes, more }
    })
  // The first text is nobody's change, and everything in it would be told as added.
  if (records[0]?.changes.length) Object.assign(records[0], { does: 'begun', changes: [], more: 0 })
  return records.reverse()
}
