import { LocalPlace } from '../../engine/files/local-place.ts'
import { temporaryFolder } from '../support/temp.ts'
import { placeSuite } from './place-suite.ts'

const folders: ReturnType<typeof temporaryFolder>[] = []
after(() => {
  for (const { remove } of folders) remove()
})

placeSuite('a folder of this machine', async () => {
  const folder = temporaryFolder()
  folders.push(folder)
  return { place: new LocalPlace(folder.path), folder: folder.path }
})
