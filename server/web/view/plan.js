// A plan that is open, looked at in one of four ways.
import { desk as open, projector } from '../desk.js'
import { Bar, Projected, Refusal } from './frame.js'
import { Text } from './text.js'
import { Standing } from './standing.js'
import { Schedule } from './schedule.js'
import { History } from './history.js'
import { Guarded, Trouble, html, say } from './kit.js'

const LOOKS = { text: Text, standing: Standing, schedule: Schedule, history: History }

export function Plan({ desk, route, go }) {
  const ready = desk.views.outline.value && desk.about.value
  const error = desk.error.value
  const Look = LOOKS[route.look]
  return html`<div class=${`plan ${projector.value ? 'projecting' : ''}`}>
    <${Projected} />
    <${Bar} desk=${desk} route=${route} />
    ${error && error.status !== 0 && html`<${Trouble} error=${error} />`}
    <${Refusal} desk=${desk} />
    ${ready ? html`<${Guarded} key=${route.look}><${Look} key=${open.value} desk=${desk} route=${route} go=${go} /><//>` : !error
      && html`<p class="wait">${say('wait')}</p>`}
  </div>`
}
