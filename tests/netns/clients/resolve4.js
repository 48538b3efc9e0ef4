// SPDX-License-Identifier: GPL-2.0-only
// resolve4.js NAME - ask the resolver itself (c-ares), not through getaddrinfo.
'use strict';
require('dns').resolve4(process.argv[2], (error, addresses) => {
	console.log(error ? error.code : addresses.join(' '));
});
