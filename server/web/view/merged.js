// A point that was merged says so, to everybody, until somebody who may draft confirms what came of it.
import { useState } from '../vendor.js'
import { projector } from '../desk.js'
import { send } from '../net/api.js'
import { Do, Party, Trouble, html, memberName, say } from './kit.js'

export function Merged({ desk, merged, may }) {
  const [error, fail] = useState(null)
  const confirm = () =>
    send('POST', `${desk.path}/confirm`, { points: [merged.point], seen: merged.seq })
      .then(() => desk.refresh())
      .catch(fail)
  return html`<div class="merging">
    <p><strong>${say('merged.title')}</strong> ${say('merged.what')}</p>
    <p class="of">${merged.by.map(one => html`<span key=${`${one.member}/${one.seq}`}><${Party}
      id=${one.party} /> <bdi>${memberName(one.member)}</bdi></span>`)}</p>
    ${merged.accepted?.length > 0 && html`<p class="aside">${say('merged.accepted')} ${merged.accepted.map(id =>
      html`<${Party} key=${id} id=${id} />`)}</p>`}
    ${may.write && !projector.value && html`<${Do} act=${confirm}>${say('merged.confirm')}<//>`}
    ${error && html`<${Trouble} error=${error} />`}
  </div>`
}
