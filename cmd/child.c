/* SPDX-License-Identifier: GPL-2.0-only */
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "cmd/child.h"
#include "cmd/opts.h"

/* What a shell returns when a command is not there, or is not a program. */
#define STATUS_NOT_FOUND  127
#define STATUS_NOT_USABLE 126

static int check_file(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || access(path, X_OK))
		return -EACCES;
	return 0;
}

/* As execvp() will look for it. */
static int check_command(const char *name)
{
	const char *path = getenv("PATH");
	int worst = -ENOENT;
	char file[4096];

	if (strchr(name, '/'))
		return check_file(name);
	for (path = path ? path : "/usr/local/bin:/bin:/usr/bin"; *path;) {
		size_t n = strcspn(path, ":");
		int err;

		snprintf(file, sizeof(file), "%.*s/%s", n ? (int)n : 1, n ? path : ".", name);
		err = check_file(file);
		if (!err)
			return 0;
		if (err == -EACCES)
			worst = err;
		path += n + (path[n] == ':');
	}
	return worst;
}

/* Under sudo the command is the user's own: it should not run as root for being traced. */
static int become_caller(void)
{
	const char *uid_text = getenv("SUDO_UID"), *gid_text = getenv("SUDO_GID");
	uint64_t uid, gid;
	struct passwd *pw;

	if (geteuid() != 0 || !uid_text || !gid_text)
		return 0;
	if (opts_number(uid_text, 0, UINT32_MAX - 1, &uid) ||
		opts_number(gid_text, 0, UINT32_MAX - 1, &gid))
		return -EINVAL;
	pw = getpwuid((uid_t)uid);
	if (pw ? initgroups(pw->pw_name, (gid_t)gid) : setgroups(0, NULL))
		return -errno;
	if (setgid((gid_t)gid) || setuid((uid_t)uid))
		return -errno;
	return 0;
}

static _Noreturn void run_child(int gate, char **argv)
{
	char go;
	int err;

	/* End of file without a byte: the parent gave up. */
	if (read(gate, &go, 1) != 1)
		_exit(0);
	close(gate);
	err = become_caller();
	if (err) {
		fprintf(stderr, "pathlag: cannot become the user who called sudo: %s\n",
			strerror(-err));
		_exit(STATUS_NOT_USABLE);
	}
	execvp(argv[0], argv);
	fprintf(stderr, "pathlag: cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(errno == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_USABLE);
}

int child_prepare(struct child *c, char **argv, struct errbuf *err)
{
	int gate[2], bad = check_command(argv[0]);

	*c = (struct child){.gate = -1};
	if (bad)
		return err_set(err, bad, "cannot run %s: %s", argv[0], strerror(-bad));
	if (pipe2(gate, O_CLOEXEC))
		return err_set(err, -errno, "cannot run %s: %s", argv[0], strerror(errno));
	c->pid = fork();
	if (c->pid < 0) {
		bad = -errno;
		c->pid = 0;
		close(gate[0]);
		close(gate[1]);
		return err_set(err, bad, "cannot run %s: %s", argv[0], strerror(-bad));
	}
	if (!c->pid) {
		close(gate[1]);
		run_child(gate[0], argv);
	}
	close(gate[0]);
	c->gate = gate[1];
	return 0;
}

void child_release(struct child *c)
{
	if (c->gate >= 0 && write(c->gate, "", 1) != 1)
		kill(c->pid, SIGKILL); /* it waits on a pipe nobody writes to any more */
	closep(&c->gate);
	c->gate = -1;
}

static bool reap(struct child *c, int flags)
{
	int status;

	if (!c->pid || waitpid(c->pid, &status, flags) != c->pid)
		return c->exited;
	c->pid = 0;
	c->exited = true;
	c->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return true;
}

bool child_poll(struct child *c)
{
	return reap(c, WNOHANG);
}

void child_wait(struct child *c)
{
	while (c->pid && !reap(c, 0) && errno == EINTR)
		;
}

void child_signal(const struct child *c, int signal)
{
	if (c->pid)
		kill(c->pid, signal);
}

void child_cancel(struct child *c)
{
	closep(&c->gate);
	c->gate = -1;
	if (c->pid)
		waitpid(c->pid, NULL, 0);
	c->pid = 0;
}
