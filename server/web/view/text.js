// The plan as a document: the outline beside it, the text in its points, what is said of them in the margin.
import { useEffect, useSignal } from '../vendor.js'
import { who } from '../desk.js'
import { words as shown } from '../model/clean.js'
import { chosen } from '../model/filter.js'
import { rights } from '../model/rights.js'
import { Guarded, html, kept } from './kit.js'
import { Outline, facts } from './outline.js'
import { Point } from './point.js'

const filter = kept('filter', 'all')

export function Text({ desk, route, go }) {
  const search = useSignal('')
  const pen = useSignal(null)
  const { title, points } = desk.views.outline.value
  const known = facts(desk)
  const may = rights(who.value.role, desk.about.value.yours)
  const left = chosen(points, filter.value, search.value, known)
  useEffect(() => {
    if (route.point) document.getElementById(`point-${route.point}`)?.scrollIntoView({ block: 'nearest' })
  }, [route.point])
  const shownPoints = points.filter(point => !left || left.has(point.id))
  const shared = { desk, route, go, may, pen }
  return html`<div class="reading">
    <${Outline} desk=${desk} route=${route} go=${go} known=${known} filter=${filter} search=${search} />
    <main class="document" lang="">
      <h1 dir="auto">${shown(title)}</h1>
      ${shownPoints.map(point => html`<${Guarded} key=${point.id}><${Point} point=${point}
        fact=${known(point.id)} ...${shared} /><//>`)}
    </main>
  </div>`
}
