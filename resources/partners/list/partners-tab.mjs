/* The sidebar's tab: the list of partners, and the page of the one that was chosen in its place. */
import { h } from '../../workbench/dom.mjs'
import { openGallery } from '../gallery/gallery.mjs'
import { createPage } from '../page/page.mjs'
import { createList } from './list.mjs'

export function createPartnersTab() {
  const list = createList({ open: (slug) => show(slug), newPartner })
  const page = createPage({ back })
  const element = h('div', { class: 'cartage-side cartage-partners' }, list.element, page.element)
  page.element.hidden = true

  function newPartner() {
    openGallery({ made: (slug) => show(slug) })
  }
  function show(slug, part) {
    list.element.hidden = true
    page.element.hidden = false
    return page.show(slug, part)
  }
  function back() {
    const slug = page.shown()
    page.leave()
    page.element.hidden = true
    list.element.hidden = false
    list.load().then(() => list.focus(slug))
  }
  return { element, show, load: () => (list.element.hidden ? page.load() : list.load()) }
}
