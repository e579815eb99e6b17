import { imagesOf, type KubernetesObject, type ObjectReference, referenceOf } from '@mlops/core'
import { atOnce } from '../at-once.ts'

/** Images that are known not to exist, each with the first object that needs it. */
export const missingImages = async (
  objects: readonly KubernetesObject[],
  imageExists: (image: string) => Promise<boolean | undefined>,
): Promise<readonly { readonly image: string; readonly user: ObjectReference }[]> => {
  const images = imagesOf(objects)
  const found = await atOnce(images, imageExists)
  return images.flatMap((image, index) => {
    const user = objects.find((object) => imagesOf([object]).includes(image))
    return found[index] === false && user !== undefined ? [{ image, user: referenceOf(user) }] : []
  })
}
