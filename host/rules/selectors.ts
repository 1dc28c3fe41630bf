/** Label selectors: all requirements of one selector must hold, one selector of a list is enough. */

import type { LabelSelector, Labels } from "./vocabulary.ts";

/** True where some selector of the list matches; an empty list matches nothing, an empty selector everything. */
export function matchesAny(selectors: readonly LabelSelector[], labels: Labels): boolean {
  return selectors.some((selector) => matchesSelector(selector, labels));
}

/** Kubernetes' rules: `NotIn` and `DoesNotExist` also hold where the label is absent. */
export function matchesSelector(selector: LabelSelector, labels: Labels): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  for (const key of Object.keys(matchLabels)) {
    if (labels[key] !== matchLabels[key] || !Object.hasOwn(labels, key)) return false;
  }
  return matchExpressions.every(({ key, operator, values = [] }) => {
    // Not `labels[key]` alone: a label may be called "constructor".
    const present = Object.hasOwn(labels, key);
    switch (operator) {
      case "In":
        return present && values.includes(labels[key] as string);
      case "NotIn":
        return !present || !values.includes(labels[key] as string);
      case "Exists":
        return present;
      case "DoesNotExist":
        return !present;
      default:
        return operator satisfies never;
    }
  });
}
