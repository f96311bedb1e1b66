#!/bin/sh
# One host: an overlay of this machine's root filesystem in namespaces of its own, systemd as PID 1.
# Run by machine.py inside the new namespaces. NAME FOLDER REPOSITORY, then the disks: PATH=IMAGE…
set -eu
name=$1 folder=$2 repository=$3; shift 3
root=$folder/root

mount --make-rprivate /
# The upper layer lies on a tmpfs: a folder inside / can't be a layer above /.
mount -t overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" overlay "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/sys/fs/cgroup" 2>/dev/null || true
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755,nosuid,size=1m dev "$root/dev"
for node in null:3 zero:5 full:7 random:8 urandom:9; do
    mknod -m 666 "$root/dev/${node%:*}" c 1 "${node#*:}"
done
mknod -m 666 "$root/dev/tty" c 5 0
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for number in 0:stdin 1:stdout 2:stderr; do
    ln -s "/proc/self/fd/${number%:*}" "$root/dev/${number#*:}"
done
mount -t tmpfs -o mode=755,size=64m run "$root/run"
mount -t tmpfs -o mode=1777,size=256m tmp "$root/tmp"
for disk in "$@"; do
    mkdir -p "$root/${disk%=*}"
    mount -o loop,errors=remount-ro "${disk#*=}" "$root/${disk%=*}"
    device=$(findmnt --noheadings --output SOURCE "$root/${disk%=*}")
    mknod "$root$device" b 7 "${device#/dev/loop}"
done
mkdir -p "$root/opt/mailmedic" "$root/.old"
mount -o bind,ro "$repository" "$root/opt/mailmedic"
hostname "$name"

cd "$root"
pivot_root . .old
cd /
umount -l /.old
rmdir /.old
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
if [ -e /lab ]; then
    sh -eu /lab/prepare.sh
    rm -r /lab
fi
# Without these three a host can't set the machine's clock, load modules or touch its memory.
caps=-sys_time,-sys_module,-sys_rawio
exec env -i container=lxc "PATH=$PATH" setpriv --bounding-set=$caps --inh-caps=$caps \
    /lib/systemd/systemd --unit=multi-user.target --show-status=0
