// The plan as a document: the outline beside it, the text in its points, what is said of them in the margin.
import { useComputed, useEffect, useSignal } from '../vendor.js'
import { who } from '../desk.js'
import { words as shown } from '../model/clean.js'
import { chosen } from '../model/filter.js'
import { rights } from '../model/rights.js'
import { Guarded, html, kept } from './kit.js'
import { Outline, held } from './outline.js'
import { Merged } from './merged.js'
import { Point } from './point.js'

/** Points that are set at once: the first screens are there before the rest is set, in pauses of the same size. */
const SET_AT_ONCE = 60

const filter = kept('filter', 'all')

export function Text({ desk, route, go }) {
  const search = useSignal('')
  const pen = useSignal(null)
  const { title, points } = desk.views.outline.value
  const may = useComputed(() => rights(who.value.role, desk.about.value.yours)).value
  const left = chosen(points, held(filter), search.value, id => desk.fact(id))
  const set = useSignal(SET_AT_ONCE)
  const wanted = points.findIndex(point => point.id === route.point)
  const all = points.filter(point => !left || left.has(point.id))
  useEffect(() => {
    if (set.value >= all.length) return
    const pause = setTimeout(() => (set.value += SET_AT_ONCE))
    return () => clearTimeout(pause)
  }, [set.value, all.length])
  useEffect(() => {
    if (route.point) document.getElementById(`point-${route.point}`)?.scrollIntoView({ block: 'nearest' })
  }, [route.point])
  const here = all.slice(0, Math.max(set.value, wanted + SET_AT_ONCE / 2))
  const merged = desk.views.merged.value?.merged.find(one => one.point === null)
  const shared = { desk, go, may, pen }
  return html`<div class="reading">
    <${Outline} desk=${desk} route=${route} go=${go} filter=${filter} search=${search} />
    <main class="document" lang="">
      <h1 dir="auto">${shown(title)}</h1>
      ${merged && html`<${Merged} desk=${desk} merged=${merged} may=${may} />`}
      ${here.map(point => html`<${Guarded} key=${point.id}><${Point} point=${point} here=${point.id === route.point} ...${shared} /><//>`)}
    </main>
  </div>`
}
