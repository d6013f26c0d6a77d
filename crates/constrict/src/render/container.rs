//! A container in docker's words: status, ports, command; and the JSON that `inspect` prints.

use std::net::{IpAddr, Ipv4Addr};

use constrict_build::container::kept::{Moment, Published, Record, Status};
use constrict_build::container::{Network, VolumeSource};
use constrict_sandbox::net::Protocol;
use serde_json::{Map, Value, json};

use super::age::lasting;

/// What docker writes for a time that has not come.
const NEVER: &str = "0001-01-01T00:00:00Z";

/// `running`, `exited`, `created`.
pub(crate) fn state(record: &Record) -> &'static str {
    match record.status {
        Status::Created => "created",
        Status::Running { .. } => "running",
        Status::Exited { .. } => "exited",
    }
}

/// `Up 2 minutes (healthy)`, `Exited (0) 3 seconds ago`.
pub(crate) fn status(record: &Record, now: Moment) -> String {
    match &record.status {
        Status::Created => "Created".into(),
        Status::Running { started, .. } => {
            let up = format!("Up {}", lasting(started.seconds_until(now)));
            match &record.health {
                None => up,
                Some(health)
                    if health.log.is_empty() || health.status.to_string() == "starting" =>
                {
                    format!("{up} (health: starting)")
                }
                Some(health) => format!("{up} ({})", health.status),
            }
        }
        Status::Exited { code, finished, .. } => {
            format!(
                "Exited ({code}) {} ago",
                lasting(finished.seconds_until(now))
            )
        }
    }
}

/// Where a published port is reached: an unspecified address of IPv6 takes IPv4 too.
fn addresses(published: &Published) -> Vec<IpAddr> {
    let address = published.host.ip();
    match address.is_unspecified() && address.is_ipv6() && published.port.address.is_none() {
        true => vec![Ipv4Addr::UNSPECIFIED.into(), address],
        false => vec![address],
    }
}

fn protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Tcp => "tcp",
        Protocol::Udp => "udp",
    }
}

/// `0.0.0.0:5000->5000/tcp, [::]:5000->5000/tcp, 8080/tcp`, the last exposed only.
pub(crate) fn ports(record: &Record) -> String {
    if !record.is_running() {
        return String::new();
    }
    let mut told = Vec::new();
    for v6 in [false, true] {
        for published in &record.ports {
            for address in addresses(published) {
                if address.is_ipv6() == v6 {
                    let host = std::net::SocketAddr::new(address, published.host.port());
                    let port = published.port;
                    told.push(format!(
                        "{host}->{}/{}",
                        port.container,
                        protocol(port.protocol)
                    ));
                }
            }
        }
    }
    let is_published = |exposed: &str| {
        let mut ports = record.ports.iter().map(|published| published.port);
        ports.any(|port| format!("{}/{}", port.container, protocol(port.protocol)) == exposed)
    };
    let exposed = record.config.exposed_ports.iter();
    told.extend(exposed.filter(|exposed| !is_published(exposed)).cloned());
    told.join(", ")
}

/// `"flask run --host=0.…"`.
pub(crate) fn command(record: &Record, is_cut: bool) -> String {
    let text = record.command.join(" ");
    let text = match is_cut && text.chars().count() > 20 {
        true => format!("{}…", text.chars().take(19).collect::<String>()),
        false => text,
    };
    format!("{text:?}")
}

/// Everything, in the form of `docker container inspect`.
pub(crate) fn inspected(record: &Record) -> Value {
    let config = &record.config;
    let request = &record.request;
    let text = |asked: &Option<String>, image: &String| asked.clone().unwrap_or(image.clone());
    let env = constrict_build::container::merged_variables(&config.env, &request.env);
    json!({
        "Id": record.id,
        "Created": record.created.rfc3339(),
        "Path": record.command.first(),
        "Args": record.command.iter().skip(1).collect::<Vec<_>>(),
        "State": state_of(record),
        "Image": record.manifest,
        "Name": format!("/{}", record.name),
        "HostConfig": {
            "NetworkMode": network(request.network),
            "AutoRemove": record.remove,
            "ReadonlyRootfs": request.read_only,
            "Init": request.init,
        },
        "Mounts": mounts(record),
        "Config": {
            "Hostname": record.hostname,
            "User": text(&request.user, &config.user),
            "ExposedPorts": config.exposed_ports.iter().map(|port| (port.clone(), json!({}))).collect::<Map<_, _>>(),
            "Tty": request.terminal,
            "Env": env,
            "Cmd": if request.command.is_empty() { &config.cmd } else { &request.command },
            "Healthcheck": record.healthcheck,
            "Image": record.image,
            "WorkingDir": text(&request.working_dir, &config.working_dir),
            "Entrypoint": request.entrypoint.as_ref().unwrap_or(&config.entrypoint),
            "Labels": record.labels,
            "StopSignal": record.stop_signal.to_string(),
            "StopTimeout": record.stop_timeout,
        },
        "NetworkSettings": { "Ports": bindings(record) },
    })
}

fn state_of(record: &Record) -> Value {
    let (pid, code, error, started, finished) = match &record.status {
        Status::Created => (0, 0, "", NEVER.to_string(), NEVER.to_string()),
        Status::Running { pid, started } => (*pid, 0, "", started.rfc3339(), NEVER.to_string()),
        Status::Exited {
            code,
            started,
            finished,
            error,
        } => {
            let error = error.as_deref().unwrap_or("");
            (0, *code, error, started.rfc3339(), finished.rfc3339())
        }
    };
    let mut told = json!({
        "Status": state(record),
        "Running": record.is_running(),
        "Paused": false,
        "Restarting": false,
        "Dead": false,
        "Pid": pid,
        "ExitCode": code,
        "Error": error,
        "StartedAt": started,
        "FinishedAt": finished,
    });
    if let (Some(health), Some(members)) = (&record.health, told.as_object_mut()) {
        let log = health.log.iter().map(|probe| {
            json!({
                "Start": probe.start.rfc3339(),
                "End": probe.end.rfc3339(),
                "ExitCode": probe.exit_code,
                "Output": probe.output,
            })
        });
        let health = json!({
            "Status": health.status,
            "FailingStreak": health.failing_streak,
            "Log": log.collect::<Vec<_>>(),
        });
        members.insert("Health".into(), health);
    }
    told
}

fn network(network: Network) -> &'static str {
    match network {
        Network::Own | Network::Closed => "default",
        Network::None => "none",
        Network::Host => "host",
    }
}

fn mounts(record: &Record) -> Vec<Value> {
    let volumes = record.request.volumes.iter().map(|volume| {
        let (kind, source) = match &volume.source {
            VolumeSource::Host(path) => ("bind", path.display().to_string()),
            VolumeSource::Named(name) => ("volume", name.clone()),
            VolumeSource::Anonymous => ("volume", String::new()),
        };
        json!({
            "Type": kind,
            "Source": source,
            "Destination": volume.target,
            "RW": !volume.readonly,
        })
    });
    let memory = record.request.tmpfs.iter().map(
        |tmpfs| json!({ "Type": "tmpfs", "Source": "", "Destination": tmpfs.target, "RW": true }),
    );
    volumes.chain(memory).collect()
}

fn bindings(record: &Record) -> Value {
    let mut told = Map::new();
    for exposed in &record.config.exposed_ports {
        told.insert(exposed.clone(), Value::Null);
    }
    for published in &record.ports {
        let port = published.port;
        let name = format!("{}/{}", port.container, protocol(port.protocol));
        let of_port = told.entry(name).or_insert_with(|| json!([]));
        if of_port.is_null() {
            *of_port = json!([]);
        }
        if let Value::Array(list) = of_port {
            list.extend(addresses(published).iter().map(|address| {
                json!({ "HostIp": address, "HostPort": published.host.port().to_string() })
            }));
        }
    }
    Value::Object(told)
}
