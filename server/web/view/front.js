// The front page: the conference, its plans, and what waits for one's look in each.
import { useEffect, useState } from '../vendor.js'
import { get, view } from '../net/api.js'
import { conference, who } from '../desk.js'
import { rows } from '../model/standing.js'
import { write } from '../model/route.js'
import { Do, Name, Trouble, html, partyName, say } from './kit.js'
import { Languages } from './frame.js'
import { leave } from './join.js'
import { Delegation, Devices } from './people.js'

/** Plans of which it is told what waits: those that are seen first. */
const LOOKED_AT_MAX = 12

export function Front() {
  const me = who.value
  if (me.kind !== 'member') {
    return html`<main class="sheet"><h1>${say('plenary')}</h1><p>${say('front.administrator')}</p><${Leave} /></main>`
  }
  return html`<main class="sheet">
    <p class="over">${say('plenary')}</p>
    <h1><${Name} of=${conference.value.title} /></h1>
    <p class="whom"><${Name} of=${me.name} />, ${say(`role.${me.role}`)}, <bdi>${partyName(me.party)}</bdi></p>
    <${Plans} me=${me} />
    <${Delegation} />
    <${Devices} />
    <footer><${Languages} /><${Leave} /></footer>
  </main>`
}

function Plans({ me }) {
  const [plans, set] = useState(null)
  const [error, fail] = useState(null)
  useEffect(() => {
    get(`/conferences/${me.conference}/plans`).then(set, fail)
  }, [me.conference])
  if (error) return html`<${Trouble} error=${error} />`
  if (!plans) return html`<p class="wait">${say('wait')}</p>`
  if (!plans.length) return html`<p>${say('front.none')}</p>`
  return html`<ul class="plans">
    ${plans.map((plan, at) => html`<${PlanLink} key=${plan.id} plan=${plan} me=${me} look=${at < LOOKED_AT_MAX} />`)}
  </ul>`
}

function PlanLink({ plan, me, look }) {
  const [waiting, set] = useState(null)
  const path = `/conferences/${me.conference}/plans/${plan.id}`
  useEffect(() => {
    if (look) waits(path, me.party).then(set, () => set(null))
  }, [path])
  const told = waiting && Object.entries(waiting).filter(([, n]) => n > 0)
  return html`<li>
    <a href=${write({ conference: me.conference, plan: plan.id })}><${Name} of=${plan.title || plan.id} /></a>
    ${told && html`<span
      class="waits">${told.length ? told.map(([key, n]) => say(`waits.${key}`, { n })).join(' · ') : say('waits.nothing')}</span>`}
  </li>`
}

/** What waits for a party's look in a plan. */
async function waits(path, party) {
  const [standing, merged] = await Promise.all([view(`${path}/standing`), view(`${path}/merged`)])
  const own = rows(standing)
    .filter(({ point }) => !point.struck)
    .map(({ cells }) => cells.find(cell => cell.party === party)?.stance)
  const count = stance => own.filter(one => one === stance).length
  return {
    merged: merged.merged.filter(one => !one.accepted?.includes(party)).length,
    lapsed: count('lapsed'),
    unanswered: count('none')
  }
}

function Leave() {
  const [error, fail] = useState(null)
  const act = () => get('/devices').then(leave).catch(fail)
  return html`<${Do} kind="quiet" act=${act}>${say('leave')}<//>${error && html`<${Trouble} error=${error} />`}`
}
