/**
 * Where the built site will stand, and where its sources can be edited. Both are said in one place: KAFKAITO_BASE, and `repository` of package.json.
 * While nothing is said, the site stands at the root of some host, and has no canonical addresses, no sitemap and no links for editing.
 */

export interface SiteAddress {
  /** The path of the site on its host, with a slash at both ends. */
  base: string;
  /** Scheme and host, such as `https://example.org`; undefined when only the path is known. */
  origin: string | undefined;
}

/**
 * Reads KAFKAITO_BASE.
 * @param value a path such as `/kafkaito/`, or the whole address, such as `https://example.org/kafkaito/`
 * @throws Error when it is neither
 */
export function siteAddress(value: string): SiteAddress {
  const match = /^(https?:\/\/[\w.:-]+)?(\/?[\w./~-]*)$/.exec(value);
  if (match === null) {
    throw new Error(
      `KAFKAITO_BASE is '${value}': give a path, such as /kafkaito/, or an address, such as https://example.org/kafkaito/`,
    );
  }
  const [, origin, path] = match;
  return { base: `/${path}/`.replace(/\/+/g, '/'), origin };
}

/**
 * The address before the path of a file at which it can be edited; undefined when there is no repository, or it is not on GitHub.
 * @param repository the entry of package.json: `github:owner/name`, an address, or an object with an address
 */
export function editAddress(repository: unknown): string | undefined {
  const entry =
    typeof repository === 'object' && repository !== null && 'url' in repository ? repository.url : repository;
  const [, project] =
    /^(?:github:|(?:git\+)?(?:https|ssh):\/\/(?:git@)?github\.com\/)?([\w-]+\/[\w.-]+?)(?:\.git)?$/.exec(
      String(entry),
    ) ?? [];
  return project === undefined ? undefined : `https://github.com/${project}/edit/main/`;
}
