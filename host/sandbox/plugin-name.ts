/** What a plugin may be called. */
export const PLUGIN_NAME = /^[a-z][a-z0-9-]{0,62}$/;
