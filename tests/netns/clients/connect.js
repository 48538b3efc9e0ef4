// SPDX-License-Identifier: GPL-2.0-only
// connect.js NAME PORT [c-ares [TIMEOUT-MS]] - look the name up, through getaddrinfo() in the thread
// pool or with c-ares, and connect. With a timeout c-ares asks once, and node lingers a second.
'use strict';
const dns = require('dns');
const net = require('net');
const [name, port, resolver, timeout] = process.argv.slice(2);

function connect(host) {
	const socket = net.connect({host, port: Number(port)}, () => {
		console.log('established');
		socket.destroy();
	});
	socket.on('error', (error) => console.log(error.code));
}

function ask() {
	const options = timeout ? {timeout: Number(timeout), tries: 1} : {};
	new dns.Resolver(options).resolve4(name, (error, addresses) => {
		if (!error)
			return connect(addresses[0]);
		console.log(error.code);
		setTimeout(() => 0, 1000);
	});
}

if (resolver !== 'c-ares')
	connect(name);
else if (timeout)
	ask(); // it gives up before the answer, and has nothing to connect to
else
	// First a connect that is refused, as node compiles only then what it needs for one: that would be
	// most of the time from the answer to the real one, in an emulated machine over a second.
	net.connect(1, '127.0.0.1').on('error', ask);
