//! `streamlit run FILE`: the file is run as a script for each visitor.
//!
//! Source: <https://docs.streamlit.io/develop/api-reference/cli/run>.

use super::{Options, Run, Server};

pub(super) const SERVERS: &[Server] = &[Server {
    names: &["streamlit", "streamlit.web.cli"],
    mentions: "streamlit",
    examine,
}];

fn examine(run: &mut Run<'_, '_, '_>) {
    // options of streamlit are all of the form --section.name=value or with the value as the next word
    let sections: Vec<String> = run
        .words
        .iter()
        .filter(|word| word.starts_with("--") && word.contains('.') && !word.contains('='))
        .cloned()
        .collect();
    let valued: Vec<&str> = sections.iter().map(String::as_str).collect();
    let options = Options::read(&run.words, &valued);
    match options.words.as_slice() {
        [command, file, ..] if command == "run" && !file.contains("://") => {
            let words = [vec!["streamlit".to_string()], run.words.clone()].concat();
            run.runs = run.needs_file(file, &words);
        }
        [command, ..] if command == "run" || command == "hello" => {}
        _ => return,
    }
    let get = |option: &str, variable: &str| {
        options
            .get(&[option])
            .map(str::to_string)
            .or_else(|| run.variable(variable).map(str::to_string))
    };
    let host = get("--server.address", "STREAMLIT_SERVER_ADDRESS");
    let port = get("--server.port", "STREAMLIT_SERVER_PORT");
    let configured = run
        .walker
        .files()
        .is_file(&run.absolute(".streamlit/config.toml"));
    if options.open || (configured && host.is_none()) {
        return run.listen(None, port.as_deref(), "streamlit");
    }
    let why = host.as_ref().map_or("streamlit's default".into(), |host| {
        format!("`--server.address {host}`")
    });
    run.listen(
        Some(host.as_deref().unwrap_or("0.0.0.0")),
        Some(port.as_deref().unwrap_or("8501")),
        why,
    );
}
