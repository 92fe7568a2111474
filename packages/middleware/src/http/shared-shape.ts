/**
 * Owns what Express costs the engine. Express gives every request and response another prototype; V8 does not share
 * the hidden classes of objects changed so, each gets new ones with its next members, and whoever reads or writes a
 * member later, Node's own code first of all, has to look it up without a cache. That is a fifth of what a small request
 * takes. An object that lost a member is kept as a hash table, and those share a class: slower than a class of its own
 * that is known, and much faster than one that never is.
 */

const passing = Symbol("passing");

/**
 * Lets an object that was given another prototype be used at speed; nobody can see a difference. Where classes are
 * shared, taking back the last member only undoes that step, and the object is what it was.
 */
export function shareShape(object: object): void {
  Reflect.set(object, passing, true);
  Reflect.deleteProperty(object, passing);
}
