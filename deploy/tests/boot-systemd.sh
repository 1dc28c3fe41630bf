# A machine of its own, with systemd as its first process and little else on it, that runs `$1/watch.sh` and then powers off: mounts, processes,
# network, hostname and control groups are namespaces', and what would be written to the real /etc, /var or /run goes to $1 or to memory.
#   unshare --mount --pid --fork --net --uts --ipc --cgroup bash boot-systemd.sh FOLDER
# FOLDER has `dist`, `systemd` (the units), `etc-herald`, and `watch.sh`.
set -e
folder=$1
mount --make-rprivate /
mkdir "$folder/etc" "$folder/var"
cp -a /etc/. "$folder/etc/"
mount --bind "$folder/etc" /etc
for place in /run /opt /var/log /var/lib; do mount -t tmpfs -o mode=755 tmpfs $place; done
mount -t proc proc /proc
mount -o bind,ro /proc/sys /proc/sys
umount -l /sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup

cp -a "$folder/dist" /opt/herald
cp -a "$folder/etc-herald" /etc/herald
cp "$folder/systemd/herald.service" /etc/systemd/system/
mkdir /etc/systemd/system/herald.service.d
cp "$folder/test.conf" /etc/systemd/system/herald.service.d/
echo "HERALD_FLAGS=--controller --interface v0 --node n" >/etc/default/herald
printf '[Unit]\nDefaultDependencies=no\nWants=herald.service\n' >/etc/systemd/system/test.target
systemd-sysusers "$folder/systemd/herald.sysusers"
ip link set lo up
ip link add v0 type veth peer name v1
ip addr add 192.0.2.1/24 dev v0
ip link set v0 up
ip link set v1 up
{ bash "$folder/watch.sh" >"$folder/watched" 2>&1 || true; systemctl --force --force poweroff; } &
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --unit=test.target --log-target=console
